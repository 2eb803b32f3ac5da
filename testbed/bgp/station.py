"""Learns through BMP what peers send; gobgpd never has to print a path for that.

GoBGP's own events carry every path in decoded form, and its printer panics on paths that its
decoder accepted. As a BMP station (RFC 7854) we are sent the octets of each message as they came.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

HOST = "127.0.0.1"
_VERSION = 3
_HEADER = struct.Struct("!BIB")  # version, length of the whole message, type (§4.1)
_PEER = struct.Struct("!BBQ16s")  # type, flags, distinguisher, address; more follows (§4.2)
_PEER_SIZE = 42
_ROUTE_MONITORING, _PEER_UP, _INITIATION = 0, 3, 4
_IPV6 = 0x80
_LONGEST = 1 << 17  # octets: one BGP message of extended length (RFC 8654) and its headers


@dataclass(frozen=True)
class Begun:
    """gobgpd tells everything from here on; what was before has to be read."""


@dataclass(frozen=True)
class SessionBegun:
    """What a peer sent in an earlier session does not count any more."""

    peer: str


@dataclass(frozen=True)
class PeerSent:
    """A peer sent this BGP message, or gobgpd says in its words what it dropped of the peer's."""

    peer: str
    message: bytes


Report = Begun | SessionBegun | PeerSent


def listen() -> socket.socket:
    """The socket to which gobgpd connects, in the network namespace of the caller."""
    return socket.create_server((HOST, 0))


def reports(stream: BinaryIO) -> Iterator[Report]:
    """What a BMP stream says, until it ends or stops being valid BMP."""
    while len(header := stream.read(_HEADER.size)) == _HEADER.size:
        version, length, kind = _HEADER.unpack(header)
        if version != _VERSION or not _HEADER.size <= length <= _LONGEST:
            return
        body = stream.read(length - _HEADER.size)
        if kind == _INITIATION:
            yield Begun()
        elif kind in (_ROUTE_MONITORING, _PEER_UP) and len(body) >= _PEER_SIZE:
            _, flags, _, address = _PEER.unpack_from(body)
            peer = str(IPv6Address(address) if flags & _IPV6 else IPv4Address(address[12:]))
            yield SessionBegun(peer) if kind == _PEER_UP else PeerSent(peer, body[_PEER_SIZE:])


class Station:
    """Calls `on_report` with each report, in a thread of its own.

    gobgpd connects again when a connection ends, and then begins with all that it has.
    """

    def __init__(self, listener: socket.socket, on_report: Callable[[Report], None]) -> None:
        self._listener = listener
        self._on_report = on_report
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
                    for report in reports(stream):
                        self._on_report(report)
