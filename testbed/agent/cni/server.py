"""The CNI server: one JSON request line per connection on a unix socket, one JSON reply."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from testbed.agent.cni import protocol
from testbed.agent.cni.plugin_main import VERSIONS, CniError
from testbed.agent.cni.protocol import INTERNAL, Reply, Request
from testbed.errors import TestbedError

log = logging.getLogger(__name__)
_MAX_REQUEST = 1 << 20  # bytes
_SILENCE = 10.0  # seconds that a client may take to send its line


class CniServer:
    """Listens until the process ends; every connection has its own thread."""

    def __init__(self, path: Path, handle: Callable[[Request], Reply]) -> None:
        self._handle = handle
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # left by a killed predecessor
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.bind(str(path))
        except OSError as error:
            raise TestbedError("cannot listen", where=str(path), why=str(error)) from None
        path.chmod(0o600)
        self._socket.listen(64)

    def start(self) -> None:
        """Begin to accept."""
        threading.Thread(target=self._accept_connections, name="cni", daemon=True).start()

    def _accept_connections(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                log.exception("the CNI socket is closed")
                return
            threading.Thread(target=self._serve_connection, args=(connection,), daemon=True).start()

    def _serve_connection(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(_SILENCE)
                reply = self._handle_line(_read_line(connection))
                connection.settimeout(_SILENCE)
                connection.sendall(json.dumps(reply).encode() + b"\n")
            except OSError as error:
                log.warning("a CNI client went away: %s", error)

    def _handle_line(self, line: bytes) -> Reply:
        version = VERSIONS[-1]
        try:
            request = protocol.parse(line)
            version = request.version
            return self._handle(request)
        except CniError as error:
            return error.reply(version)
        except Exception as error:  # a defect of ours must not hang the container runtime
            log.exception("CNI request failed")
            return CniError(INTERNAL, "internal error of the agent", repr(error)).reply(version)


def _read_line(connection: socket.socket) -> bytes:
    data = b""
    while b"\n" not in data and len(data) <= _MAX_REQUEST:
        chunk = connection.recv(65536)
        if not chunk:
            break
        data += chunk
    return data.partition(b"\n")[0]
