"""Packets as they pass, in many namespaces of this kernel, by one packet(7) socket in each."""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import time
from collections.abc import Mapping

from testbed.errors import TestbedError
from testbed.host.namespaces import in_netns
from testbed.observe import tag
from testbed.observe.frame import Frame
from testbed.observe.stream import SO_RCVBUFFORCE

# ETH_P_ALL in network order: the only protocol number that also shows outgoing packets
_ALL_PROTOCOLS = b"\x00\x03"
_SO_ATTACH_FILTER = 26
_SO_TIMESTAMPNS = 35
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_PACKET_OUTGOING = 4
_LONGEST = 65600  # bytes of one frame: GSO makes them longer than any MTU
_BUFFER = 8 << 20

_libc = ctypes.CDLL(None, use_errno=True)


class LocalCapture:
    """See testbed.observe.place.FrameSource. Packets wait in the kernel until they are drained.

    Raises TestbedError if a namespace cannot be entered.
    """

    def __init__(self, namespaces: Mapping[str, str], only: tag.Run | None) -> None:
        self._poll = select.epoll()
        self._sockets: dict[int, tuple[str, socket.socket]] = {}
        try:
            for name, netns in namespaces.items():
                opened = _open_socket(name, netns, only)
                self._sockets[opened.fileno()] = name, opened
                self._poll.register(opened, select.EPOLLIN)
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
        return [frame for name, opened in ready for frame in _read_frames(name, opened)]

    def flush(self) -> list[Frame]:
        """What has come: nothing is under way on this kernel."""
        return self.drain()

    def dropped(self) -> dict[str, int]:
        """By namespace: how many captured packets the kernel dropped since the last call."""
        return {name: n for name, opened in self._sockets.values() if (n := _count_drops(opened))}

    def close(self) -> None:
        self._poll.close()
        for _, opened in self._sockets.values():
            opened.close()
        self._sockets.clear()


def _open_socket(name: str, netns: str, only: tag.Run | None) -> socket.socket:
    try:
        with in_netns(netns):
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except OSError as error:
        raise TestbedError(
            f"no capture in {name}", why=f"{netns}: {error.strerror}", fix="testbed status"
        ) from None
    try:
        if only is not None:
            value, keep = tag.as_option(only.filter())
            opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, value)
            del keep
        opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER)
        opened.setblocking(False)
        # only now: with protocol 0 nothing was queued before the filter was in place
        _bind_to_all(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _bind_to_all(opened: socket.socket) -> None:
    """bind(2) to all interfaces, which Python's own bind has no words for."""
    address = struct.pack("=H2siHBB8s", socket.AF_PACKET, _ALL_PROTOCOLS, 0, 0, 0, 0, bytes(8))
    if _libc.bind(opened.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "packet socket cannot be bound")


def _read_frames(name: str, source: socket.socket) -> list[Frame]:
    frames: list[Frame] = []
    while True:
        try:
            data, control, _, address = source.recvmsg(_LONGEST, 64)
        except BlockingIOError:
            return frames
        except OSError:  # ENETDOWN, once, when an interface goes down or away
            continue
        # Python asks the socket for the interface's name, hence in the right namespace
        interface, _, kind = address[:3]
        frames.append(Frame(name, interface, kind == _PACKET_OUTGOING, _time_of(control), data))


def _time_of(control: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack_from("=qq", data)
            return int(seconds) * 10**9 + int(nanoseconds)
    return time.time_ns()


def _count_drops(source: socket.socket) -> int:
    """Packets dropped since the last question."""
    answer = source.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
    return int(struct.unpack("=II", answer)[1])
