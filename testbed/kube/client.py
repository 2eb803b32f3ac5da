"""HTTP to an API server on one kept connection: requests, calls, and watches."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused, Unavailable, Unreachable, says_later
from testbed.kube.kubeconfig import Endpoint

# Who starts the agent where all is slow, as in software emulation, says how many times longer
# everything takes.
_SLOWNESS = float(os.environ.get("TESTBED_SLOWNESS", "1"))
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

EndpointSource = Callable[[], Endpoint]
Dial = Callable[[tuple[str, int], float], socket.socket]


@dataclass(frozen=True)
class Limits:
    """Seconds that a connection, with its TLS handshake, and that one answer may take."""

    connect: float = 3.0 * _SLOWNESS
    answer: float = 10.0 * _SLOWNESS


LIMITS = Limits()


@dataclass(frozen=True)
class Answer:
    """What a server said: an HTTP status and a payload, JSON unless a health endpoint was asked."""

    status: int
    payload: bytes
    server: str

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def text(self) -> str:
        return self.payload.decode(errors="replace")

    @property
    def body(self) -> KubeObject:
        """The object in the payload. Raises Unreachable if there is none."""
        return _object(self.payload, self.server)

    @property
    def message(self) -> str:
        """The server's own words about a failure."""
        try:
            return str(json.loads(self.payload)["message"])
        except (ValueError, KeyError, TypeError):
            return self.text[:200].strip() or f"HTTP {self.status}"


class KubeClient:
    """One connection, for one thread at a time; opened when needed, again after a loss.

    `endpoint` is asked before each connection, because certificates are issued anew. `dial` opens
    the socket, for a server that is reached from another network namespace. `name` tells the
    server who asks; it is the field manager of what we write. `fix`: what a reader of Unreachable
    may do.
    """

    def __init__(
        self,
        endpoint: EndpointSource,
        dial: Dial = socket.create_connection,
        limits: Limits | None = None,
        name: str = "srv6-agent",
        fix: str | None = None,
    ) -> None:
        self._endpoint, self._dial = endpoint, dial
        self._limits, self._name, self.fix = limits or LIMITS, name, fix
        self._connection: http.client.HTTPConnection | None = None
        self._server = "API server"

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        content_type: str | None = None,
    ) -> Answer:
        """One request; any HTTP status is an answer. PATCH is a merge patch unless said otherwise.

        Raises Unreachable.
        """
        return self._answer(self._send(method, path, body, content_type, self._limits.answer))

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        content_type: str | None = None,
    ) -> KubeObject:
        """The object that the server answers with. Raises Refused or Unreachable."""
        answer = self.request(method, path, body, content_type)
        self._require_ok(method, path, answer)
        try:
            return answer.body
        except Unreachable:
            self.close()  # whatever answers there is no API server
            raise

    def watch(self, path: str, silence: float) -> Iterator[KubeObject]:
        """The events of a watch until the server ends it; raises Refused or Unreachable.

        `silence`: seconds without any event after which the server counts as gone.
        """
        response = self._send("GET", path, None, None, silence)
        if response.status >= 300:
            self._require_ok("GET", path, self._answer(response))
        try:
            while line := response.readline():
                yield _object(line, self._server)
        except (OSError, http.client.HTTPException) as error:
            raise self._connection_lost(error) from None
        finally:
            if not response.isclosed():
                self.close()

    def close(self) -> None:
        """Drop the connection; the next request opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        content_type: str | None,
        limit: float,
    ) -> http.client.HTTPResponse:
        kept = self._connected() is not None
        try:
            connection = self._connected() or self._connect()
            connection.sock.settimeout(limit)
            data = None if body is None else _written(body)
            connection.request(method, path, data, self._headers(method, content_type))
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not kept or isinstance(error, TimeoutError):
                raise self._connection_lost(error) from None
        # the server had closed the kept connection meanwhile
        return self._send(method, path, body, content_type, limit)

    def _headers(self, method: str, content_type: str | None) -> dict[str, str]:
        kind = content_type or (MERGE_PATCH if method == "PATCH" else JSON)
        return {"Content-Type": kind, "Accept": JSON, "User-Agent": self._name}

    def _connected(self) -> http.client.HTTPConnection | None:
        """The kept connection, unless the server's last answer ended it."""
        kept = self._connection
        return kept if kept is not None and kept.sock is not None else None

    def _connect(self) -> http.client.HTTPConnection:
        try:
            endpoint = self._endpoint()
        except TestbedError as error:
            raise Unreachable(error.what, where=error.where, why=error.why) from None
        self._server = str(endpoint)
        self._connection = http.client.HTTPConnection(endpoint.host, endpoint.port)
        self._connection.sock = self._open_socket(endpoint)
        return self._connection

    def _open_socket(self, endpoint: Endpoint) -> socket.socket:
        raw = self._dial((endpoint.host, endpoint.port), self._limits.connect)
        try:
            _keep_alive(raw)
            if endpoint.tls is None:
                return raw
            return endpoint.tls.wrap_socket(raw, server_hostname=endpoint.host)
        except BaseException:
            raw.close()
            raise

    def _answer(self, response: http.client.HTTPResponse) -> Answer:
        try:
            payload = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._connection_lost(error) from None
        if response.status in (401, 403):
            self.close()  # the next connection reads the certificates anew
        return Answer(response.status, payload, self._server)

    def _require_ok(self, method: str, path: str, answer: Answer) -> None:
        if answer.ok:
            return
        if says_later(answer.status):
            raise Unavailable(
                answer.status,
                "the API server does not answer",
                where=self._server,
                why=answer.message,
                fix=self.fix,
            )
        what = f"API server refuses {method} {path.partition('?')[0]}"
        raise Refused(answer.status, what, where=self._server, why=answer.message)

    def _connection_lost(self, error: Exception) -> Unreachable:
        self.close()
        why = " ".join(str(error).split()) or type(error).__name__
        what = "the API server does not answer"
        return Unreachable(what, where=self._server, why=why, fix=self.fix)


def _written(body: Mapping[str, object]) -> bytes:
    """The body as JSON that is YAML too, as which a server reads an apply patch.

    YAML has no surrogate pairs: what lies beyond the basic plane stands as it is. All else that is
    not ASCII is escaped, as YAML takes some of it in no other way.
    """
    text = json.dumps(body, ensure_ascii=False)
    return re.sub("[\x7f-\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _object(text: bytes, server: str) -> KubeObject:
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    except ValueError:
        pass
    raise Unreachable("the answer is not JSON", where=server, why=repr(text[:80]))


def _keep_alive(sock: socket.socket) -> None:
    """Notice within about 10 s that the way to the server is cut."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 4), (socket.TCP_KEEPINTVL, 2)):
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000)
