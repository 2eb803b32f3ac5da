"""One request over a connection of its own, and the answer to it."""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from testbed.observe.stream import family_of

# The answer is all until the other end closes, one datagram, or one message of DNS over TCP:
# two octets of length, then the message (RFC 1035, 4.2.2).
Reads = Literal["all", "datagram", "message"]
_MOST = 1 << 16  # bytes


def open_socket(address: IPv4Address | IPv6Address, reads: Reads) -> socket.socket:
    """A socket for such a request, in the network namespace of the calling thread."""
    kind = socket.SOCK_DGRAM if reads == "datagram" else socket.SOCK_STREAM
    return socket.socket(family_of(address), kind)


def exchange(
    opened: socket.socket,
    address: IPv4Address | IPv6Address,
    port: int,
    data: bytes,
    timeout: float,
    reads: Reads,
) -> bytes:
    """Connect, send, and read the answer. `timeout` in seconds per step. Raises OSError."""
    opened.settimeout(timeout)
    opened.connect((str(address), port))
    opened.sendall(data)
    if reads == "datagram":
        return opened.recv(_MOST)
    if reads == "message":
        return _receive_exactly(opened, struct.unpack("!H", _receive_exactly(opened, 2))[0])
    answer = b""
    while more := opened.recv(_MOST):
        answer += more
    return answer


def _receive_exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise OSError("the server closed the connection")
        data += more
    return data
