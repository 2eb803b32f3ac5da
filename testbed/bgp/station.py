"""Learns through BMP which peers sent routes; gobgpd never has to print a path for that.

GoBGP's own events carry every path in decoded form, and its printer panics on paths that its
decoder accepted. As a BMP station (RFC 7854) we are sent the octets as they came, and of those we
read only the header that names the peer: the paths are then asked for, in binary.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

HOST = "127.0.0.1"
_VERSION = 3
_HEADER = struct.Struct("!BIB")  # version, length of the whole message, type (§4.1)
_PEER = struct.Struct("!BBQ16s")  # type, flags, distinguisher, address; more follows (§4.2)
_ROUTE_MONITORING = 0
_IPV6 = 0x80
_LONGEST = 1 << 17  # octets: one BGP message of extended length (RFC 8654) and its headers


def listen() -> socket.socket:
    """The socket to which gobgpd connects, in the network namespace of the caller."""
    return socket.create_server((HOST, 0))


def peers(stream: BinaryIO) -> Iterator[str]:
    """The peer of each update in a BMP stream, until it ends or stops being valid BMP."""
    while len(header := stream.read(_HEADER.size)) == _HEADER.size:
        version, length, kind = _HEADER.unpack(header)
        if version != _VERSION or not _HEADER.size <= length <= _LONGEST:
            return
        body = stream.read(length - _HEADER.size)
        if kind == _ROUTE_MONITORING and len(body) >= _PEER.size:
            _, flags, _, address = _PEER.unpack_from(body)
            yield str(IPv6Address(address) if flags & _IPV6 else IPv4Address(address[12:]))


class Station:
    """Calls `on_routes` with a peer's address after each of its updates, in a thread of its own.

    gobgpd connects again when a connection ends, and then begins with all that it has.
    """

    def __init__(self, listener: socket.socket, on_routes: Callable[[str], None]) -> None:
        self._listener = listener
        self._on_routes = on_routes
        self._connection: socket.socket | None = None
        self._closing = False
        self._thread = threading.Thread(
            target=self._serve_connections, name="bmp-station", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that gobgpd connects to."""
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        """End the thread."""
        self._closing = True
        for end in (self._listener, self._connection):
            if end is not None:
                with contextlib.suppress(OSError):  # not connected any more
                    end.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve_connections(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                self._connection, _ = self._listener.accept()
                with self._connection, self._connection.makefile("rb") as stream:
                    if self._closing:  # it came too late for `close` to see it
                        return
                    for peer in peers(stream):
                        self._on_routes(peer)
