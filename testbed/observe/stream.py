"""Both ends of a numbered stream: packets at a constant rate, and which of them arrived."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address

NUMBER = struct.Struct("!QQ")  # stream tag, sequence number
_BUFFER = 1 << 22  # bytes
_LOOK = 0.05  # seconds between two questions whether to go on
_LATE = 0.1  # seconds by which a sender may fall behind and still catch up
SO_RCVBUFFORCE = 33  # beyond net.core.rmem_max, for root


def family_of(address: IPv4Address | IPv6Address) -> socket.AddressFamily:
    """The socket family."""
    return socket.AF_INET6 if address.version == 6 else socket.AF_INET


def receiver(address: IPv4Address | IPv6Address) -> socket.socket:
    """A socket for the stream, in the network namespace of the calling thread."""
    opened = socket.socket(family_of(address), socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER)
    opened.bind((str(address), 0))
    return opened


def arrivals(source: socket.socket, tag: int, closing: Callable[[], bool]) -> Iterator[int]:
    """Sequence numbers as they arrive, until `closing`."""
    while not closing():
        if not select.select([source], [], [], _LOOK)[0]:
            continue
        data = source.recv(64)
        if len(data) == NUMBER.size:
            seen, number = NUMBER.unpack(data)
            if seen == tag:
                yield number


def emit(
    sender: socket.socket,
    target: tuple[str, int],
    tag: int,
    rate: int,
    stopped: Callable[[float], bool],
) -> Iterator[int]:
    """Send numbered packets, `rate` per second; yields how many were sent after each.

    `stopped` waits so many seconds and says whether to end. A sender that got no processor for a
    while does not make up for it: such a burst would overrun queues that the rate never fills.
    """
    begun, sent = time.monotonic(), 0
    while not stopped(max(0.0, begun + sent / rate - time.monotonic())):
        begun = max(begun, time.monotonic() - _LATE - sent / rate)
        with suppress(OSError):  # no route right now: a lost packet like any other
            sender.sendto(NUMBER.pack(tag, sent), target)
        sent += 1
        yield sent
