"""Packets as they pass, in many namespaces of this kernel, by one packet(7) socket in each."""

from __future__ import annotations

import ctypes
import fcntl
import select
import socket
import struct
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from testbed.errors import TestbedError
from testbed.host.namespaces import in_netns
from testbed.observe import tag
from testbed.observe.frame import Frame
from testbed.observe.packet_ring import PacketRing
from testbed.observe.stream import SO_RCVBUFFORCE

# ETH_P_ALL in network order: the only protocol number that also shows outgoing packets
_ALL_PROTOCOLS = b"\x00\x03"
_SO_ATTACH_FILTER = 26
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_PACKET_OUTGOING = 4
_LONGEST = 65600  # bytes of one frame: GSO makes them longer than any MTU
_BUFFER = 8 << 20
_RINGS = 64 << 20  # bytes for the rings of all namespaces together
_LARGEST_RING, _SMALLEST_RING = 2 << 20, 1 << 16
_SIOCGIFNAME = 0x8910

_libc = ctypes.CDLL(None, use_errno=True)


class LocalCapture:
    """See testbed.observe.place.FrameSource. Packets wait in the kernel until they are drained.

    Raises TestbedError if a namespace cannot be entered.
    """

    def __init__(self, namespaces: Mapping[str, str], only: tag.Run | None) -> None:
        self._poll = select.epoll()
        self._sockets: dict[int, _Tap] = {}
        share = _RINGS // max(1, len(namespaces))
        size = max(_SMALLEST_RING, min(_LARGEST_RING, share))
        try:
            for tap in _open_all(namespaces, only, size):
                self._sockets[tap.fileno()] = tap
                self._poll.register(tap, select.EPOLLIN)
        except BaseException:
            self.close()
            raise

    def wait_ready(self) -> None:
        """Its sockets capture from the moment they are open."""

    def fileno(self) -> int:
        """Readable when there is something to drain."""
        return self._poll.fileno()

    def drain(self) -> list[Frame]:
        """What has come, without waiting."""
        ready = [self._sockets[fd] for fd, _ in self._poll.poll(0)]
        return [frame for tap in ready for frame in tap.frames()]

    def flush(self) -> list[Frame]:
        """What has come: nothing is under way on this kernel."""
        return self.drain()

    def dropped(self) -> dict[str, int]:
        """By namespace: how many captured packets the kernel dropped since the last call."""
        return {tap.name: n for tap in self._sockets.values() if (n := tap.count_drops())}

    def close(self) -> None:
        self._poll.close()
        _close_all(list(self._sockets.values()))
        self._sockets.clear()


def _open_all(namespaces: Mapping[str, str], only: tag.Run | None, size: int) -> list[_Tap]:
    """All at once: with each ring the kernel waits for all its processors, some 10 ms (RCU)."""
    with ThreadPoolExecutor(max(1, len(namespaces))) as pool:
        opening = [pool.submit(_Tap, name, netns, only, size) for name, netns in namespaces.items()]
    failed = [error for one in opening if (error := one.exception())]
    opened = [one.result() for one in opening if not one.exception()]
    if failed:
        _close_all(opened)
        raise failed[0]
    return opened


def _close_all(taps: Sequence[_Tap]) -> None:
    """All at once, as they were opened."""
    with ThreadPoolExecutor(max(1, len(taps))) as pool:
        list(pool.map(_Tap.close, taps))


class _Tap:
    """The packet socket of one namespace, with its ring."""

    def __init__(self, name: str, netns: str, only: tag.Run | None, size: int) -> None:
        self.name = name
        self._names: dict[int, str] = {}
        try:
            with in_netns(netns):
                self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except OSError as error:
            raise TestbedError(
                f"no capture in {name}", why=f"{netns}: {error.strerror}", fix="testbed status"
            ) from None
        try:
            if only is not None:
                value, keep = tag.as_option(only.filter())
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, value)
                del keep
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER)
            self._socket.setblocking(False)
            self._ring = PacketRing(self._socket, size)
            # only now: with protocol 0 nothing was queued before the filter was in place
            _bind_to_all(self._socket)
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def frames(self) -> list[Frame]:
        """What has come, without waiting."""
        # ENETDOWN, once, when an interface goes down or away
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        frames = []
        for one in self._ring.frames():
            data = self._read_copy() if one.data is None else one.data
            interface, outgoing = self._name(one.interface), one.kind == _PACKET_OUTGOING
            frames.append(Frame(self.name, interface, outgoing, one.time_ns, data))
        return frames

    def count_drops(self) -> int:
        """Packets dropped since the last question."""
        answer = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        return int(struct.unpack("=II", answer)[1])

    def close(self) -> None:
        self._ring.close()
        self._socket.close()

    def _read_copy(self) -> bytes:
        """A packet that is longer than the ring's slots."""
        while True:
            try:
                return self._socket.recv(_LONGEST)
            except BlockingIOError:  # it had no room in the socket's buffer
                return b""
            except OSError:
                continue

    def _name(self, index: int) -> str:
        """The socket is asked, hence in the right namespace; empty if it is gone."""
        if index not in self._names:
            request = struct.pack("=16si20x", b"", index)
            try:
                answer = fcntl.ioctl(self._socket.fileno(), _SIOCGIFNAME, request)
            except OSError:
                return ""
            self._names[index] = answer[:16].split(b"\0")[0].decode()
        return self._names[index]


def _bind_to_all(opened: socket.socket) -> None:
    """bind(2) to all interfaces, which Python's own bind has no words for."""
    address = struct.pack("=H2siHBB8s", socket.AF_PACKET, _ALL_PROTOCOLS, 0, 0, 0, 0, bytes(8))
    if _libc.bind(opened.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "packet socket cannot be bound")
