"""HTTP to the API server on one kept connection: calls, and watches as streams of events."""

from __future__ import annotations

import http.client
import json
import logging
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError
from testbed.kube import kubeconfig

log = logging.getLogger(__name__)
# Seconds, the first with the TLS handshake. Who starts the agent where all is slow, as in
# software emulation, says how many times longer.
_SLOWNESS = float(os.environ.get("TESTBED_SLOWNESS", "1"))
_CONNECT, _ANSWER = 3.0 * _SLOWNESS, 10.0 * _SLOWNESS
_BUSY = 429
_AGENT = "srv6-agent"  # also the field manager of what we write
_MERGE_PATCH = "application/merge-patch+json"


class Unreachable(TestbedError):
    """The API server does not answer, or only that it cannot now."""

    exit_code = 4


class Refused(TestbedError):
    """The API server answers that this request is wrong; `status` is HTTP's."""

    exit_code = 1

    def __init__(self, status: int, what: str, *, where: str, why: str) -> None:
        super().__init__(what, where=where, why=why)
        self.status = status


class KubeClient:
    """One connection, for one thread at a time; opened when needed, again after a loss."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._connection: http.client.HTTPConnection | None = None
        self._server = str(config)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON; raises Refused or Unreachable. PATCH is a merge patch."""
        response = self._request(method, path, body, _ANSWER)
        return self._document(self._read(response))

    def watch(self, path: str, silence: float) -> Iterator[dict[str, Any]]:
        """The events of a watch until the server ends it; raises Refused or Unreachable.

        `silence`: seconds without any event after which the server counts as gone.
        """
        response = self._request("GET", path, None, silence)
        try:
            while line := response.readline():
                yield self._document(line)
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(error) from None
        finally:
            if not response.isclosed():
                self.close()

    def close(self) -> None:
        """Drop the connection; the next request opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, timeout: float
    ) -> http.client.HTTPResponse:
        kept = self._connection is not None
        try:
            response = self._exchange(method, path, body, timeout)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not kept or isinstance(error, TimeoutError):
                raise self._lost(error) from None
            return self._request(method, path, body, timeout)  # it had been closed meanwhile
        if response.status >= 300:
            raise self._refusal(method, path, response)
        return response

    def _exchange(
        self, method: str, path: str, body: Mapping[str, Any] | None, timeout: float
    ) -> http.client.HTTPResponse:
        connection = self._connection or self._connect()
        connection.sock.settimeout(timeout)
        kind = _MERGE_PATCH if method == "PATCH" else "application/json"
        headers = {"Content-Type": kind, "Accept": "application/json", "User-Agent": _AGENT}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        try:
            endpoint = kubeconfig.load(self._config)  # anew: certificates are re-issued
        except TestbedError as error:
            raise Unreachable(error.what, where=error.where, why=error.why) from None
        self._server = str(endpoint)
        if endpoint.tls is None:
            made = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=_CONNECT)
        else:
            made = http.client.HTTPSConnection(
                endpoint.host, endpoint.port, timeout=_CONNECT, context=endpoint.tls
            )
        made.connect()
        _keep_alive(made.sock)
        self._connection = made
        return made

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(error) from None

    def _document(self, text: bytes) -> dict[str, Any]:
        try:
            document = json.loads(text)
            if isinstance(document, dict):
                return document
        except ValueError:
            pass
        self.close()
        raise Unreachable("the answer is not JSON", where=self._server, why=repr(text[:80]))

    def _lost(self, error: Exception) -> Unreachable:
        self.close()
        why = " ".join(str(error).split()) or type(error).__name__
        return Unreachable("API server does not answer", where=self._server, why=why)

    def _refusal(self, method: str, path: str, response: http.client.HTTPResponse) -> TestbedError:
        text = self._read(response)
        try:
            why = str(json.loads(text)["message"])
        except (ValueError, KeyError, TypeError):
            why = text[:200].decode(errors="replace").strip()
        if response.status >= 500 or response.status == _BUSY:
            why = f"HTTP {response.status}: {why}"
            return Unreachable("API server does not answer", where=self._server, why=why)
        if response.status in (401, 403):
            self.close()  # the next connection reads the certificates anew
        what = f"API server refuses {method} {path.partition('?')[0]}"
        return Refused(response.status, what, where=self._server, why=why)


def _keep_alive(sock: socket.socket) -> None:
    """Notice within about 10 s that the way to the server is cut."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 4), (socket.TCP_KEEPINTVL, 2)):
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000)
