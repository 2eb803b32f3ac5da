"""A Kubernetes API server, spoken to from outside its network: plain requests over one connection.

The connection is made in the control plane's namespace and used from wherever the caller is.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError
from testbed.host.namespaces import in_netns

APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Answer:
    """What the server said: an HTTP status and a JSON object (a Status object on failure)."""

    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def message(self) -> str:
        """The server's own words about a failure."""
        return str(self.body.get("message") or f"HTTP {self.status}")


class Client:
    """Requests to one API server with a client certificate. Not for use by several threads.

    `pace`: seconds between two questions while one waits for something; a server in software
    emulation would have no time for anything else. `timeout`: seconds that one answer may take.
    `patience`: seconds until what one waits for must have happened.
    """

    pace = 0.02
    timeout = 30.0
    patience = 300.0  # a slow disk or one busy core may need them

    def __init__(self, netns: str, host: str, port: int, ca: Path, cert: Path, key: Path) -> None:
        self._netns, self._host, self._port = netns, host, port
        self._files = ca, cert, key
        self._connection: _Connection | None = None

    def request(
        self, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> Answer:
        """One request. Raises TestbedError when there is no server; any HTTP status is an answer.

        A connection that broke since the last request is made anew, once.
        """
        fresh = self._connection is None
        try:
            return self._ask(method, path, body, kind)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if not fresh:
                return self.request(method, path, body, kind)
            raise TestbedError(
                "the API server does not answer",
                where=f"https://[{self._host}]:{self._port}",
                why=str(error) or type(error).__name__,
                fix="testbed status; testbed logs CONTROL_PLANE.kube-apiserver",
                exit_code=1,
            ) from None

    def text(self, path: str) -> tuple[int, str]:
        """A GET whose answer is no JSON, e.g. /readyz. Raises as request() does."""
        answer = self.request("GET", path, kind="text/plain")
        return answer.status, str(answer.body.get("text", ""))

    def close(self) -> None:
        """Close the connection; the next request makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: Any, kind: str) -> Answer:
        if self._connection is None:
            where = (self._netns, self._host, self._port)
            self._connection = _Connection(*where, self.timeout, self._context())
        data = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, data, {"Content-Type": kind})
        response = self._connection.getresponse()
        payload = response.read()
        if "json" not in (response.getheader("Content-Type") or ""):
            return Answer(response.status, {"text": payload.decode(errors="replace")})
        return Answer(response.status, json.loads(payload))

    def _context(self) -> ssl.SSLContext:
        ca, cert, key = self._files
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(cert, key)
        return context


class _Connection(http.client.HTTPSConnection):
    def __init__(
        self, netns: str, host: str, port: int, timeout: float, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._netns, self._tls = netns, context

    def connect(self) -> None:
        with in_netns(self._netns):
            raw = socket.create_connection((self.host, self.port), self.timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
