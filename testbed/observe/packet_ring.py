"""A ring of packets that the kernel copies as they pass: packet(7) with PACKET_RX_RING.

Without a ring a packet waits in the socket as a reference to the data that is on its way, and
Linux's seg6local (End.X, for one) rewrites an SRH in place: the capture would show on a link what
only the link's far end made of the packet.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SOL_PACKET = 263
_RX_RING, _COPY_THRESH, _VERSION = 5, 7, 10
_TPACKET_V2 = 1
_KERNEL, _USER, _COPY = 0, 1, 2  # whose a slot is; a copy of what does not fit waits in the socket
_REQUEST = struct.Struct("=IIII")  # tpacket_req: block size, blocks, frame size, frames
_HEADER = struct.Struct("=IIIHHIIHH4x")  # tpacket2_hdr
_ADDRESS = struct.Struct("=HHiHBB8s")  # sockaddr_ll
_STATUS = struct.Struct("=I")
_SLOT = 512  # bytes: a probe under two IPv6 headers and an SRH of ten segments fits
_BLOCK = 1 << 16

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class RingFrame:
    """A packet: on which interface (by index), of which packet type, when, and its bytes.

    `data` is None if it did not fit and waits in the socket itself.
    """

    interface: int
    kind: int
    time_ns: int
    data: bytes | None


def _set_ring(opened: socket.socket, request: bytes) -> None:
    """By the C library: Python's own setsockopt keeps other threads waiting meanwhile."""
    if _libc.setsockopt(opened.fileno(), _SOL_PACKET, _RX_RING, request, len(request)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class PacketRing:
    """The ring of a packet socket that is not bound yet. Raises OSError if there cannot be one."""

    def __init__(self, opened: socket.socket, size: int) -> None:
        blocks = max(1, size // _BLOCK)
        request = _REQUEST.pack(_BLOCK, blocks, _SLOT, blocks * _BLOCK // _SLOT)
        opened.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V2)
        opened.setsockopt(_SOL_PACKET, _COPY_THRESH, 1)
        _set_ring(opened, request)
        self._memory = mmap.mmap(opened.fileno(), blocks * _BLOCK)
        self._next = 0

    def frames(self) -> Iterator[RingFrame]:
        """What has come since the last call."""
        while True:
            at = self._next
            status, _, length, mac, _, seconds, nanoseconds, _, _ = _HEADER.unpack_from(
                self._memory, at
            )
            if not status & _USER:
                return
            _, _, interface, _, kind, _, _ = _ADDRESS.unpack_from(self._memory, at + _HEADER.size)
            data = None if status & _COPY else self._memory[at + mac : at + mac + length]
            _STATUS.pack_into(self._memory, at, _KERNEL)
            self._next = (at + _SLOT) % len(self._memory)
            yield RingFrame(interface, kind, seconds * 10**9 + nanoseconds, data)

    def close(self) -> None:
        self._memory.close()
