"""A BGP speaker that says whatever it is told to: what gobgpd itself would never send."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeVar

from testbed.host.namespaces import CLONE_NEWNET, setns

OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4
MARKER = b"\xff" * 16
FAMILIES = ((1, 1), (2, 1), (2, 73))
Made = TypeVar("Made")


def within(namespace: str, make: Callable[[], Made]) -> Made:
    """Call `make`, for instance to make a socket, in a named network namespace."""

    def enter() -> Made:
        with Path("/run/netns", namespace).open() as handle:
            setns(handle.fileno(), CLONE_NEWNET)
        return make()

    with ThreadPoolExecutor(1) as thread:  # a namespace is a property of the thread
        return thread.submit(enter).result()


def message(kind: int, body: bytes = b"") -> bytes:
    return MARKER + struct.pack("!HB", 19 + len(body), kind) + body


def open_message(asn: int, router_id: str, hold_time: int = 90) -> bytes:
    """OPEN with the testbed's families, IPv4 behind IPv6 next hops, and AS numbers of 4 octets."""
    capabilities = [(1, struct.pack("!HBB", afi, 0, safi)) for afi, safi in FAMILIES]
    capabilities += [(65, struct.pack("!I", asn)), (5, struct.pack("!HHH", 1, 1, 2))]
    coded = b"".join(bytes([kind, len(value)]) + value for kind, value in capabilities)
    options = bytes([2, len(coded)]) + coded
    fixed = struct.pack("!BHH4s", 4, asn, hold_time, IPv4Address(router_id).packed)
    return message(OPEN, fixed + bytes([len(options)]) + options)


class Session:
    """One established session; what the other side says is read and dropped."""

    def __init__(self, connection: socket.socket, asn: int, router_id: str) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        connection.sendall(open_message(asn, router_id))
        kinds = [self._read(), None]
        connection.sendall(message(KEEPALIVE))
        kinds[1] = self._read()
        if kinds != [OPEN, KEEPALIVE]:
            self._end()
            raise ConnectionError(f"not established: messages {kinds}")
        self._drain = threading.Thread(target=self._drop, daemon=True)
        self._drain.start()

    def _read(self) -> int | None:
        header = self._stream.read(19)
        if len(header) < 19:
            return None
        length, kind = struct.unpack("!HB", header[16:])
        self._stream.read(length - 19)
        return int(kind)

    def _drop(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (kind := self._read()) is not None:
                if kind == KEEPALIVE:
                    self._connection.sendall(message(KEEPALIVE))

    @property
    def ended(self) -> bool:
        """True once the other side has closed the connection."""
        return not self._drain.is_alive()

    def update(self, body: bytes) -> None:
        """Send an UPDATE; nothing happens when the other side has closed the connection."""
        with contextlib.suppress(OSError):
            self._connection.sendall(message(UPDATE, body))

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self._connection.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._drain.join()
        self._end()
