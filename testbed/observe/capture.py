"""Packets as they pass, in many network namespaces at once, by one packet(7) socket in each."""

from __future__ import annotations

import ctypes
import selectors
import socket
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from testbed.errors import CheckFailed, TestbedError
from testbed.host.namespaces import in_netns
from testbed.observe import tag
from testbed.observe.frame import Frame
from testbed.observe.place import Place, RemoteSource, by_machine, local
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


class Capture:
    """Captures on every interface of the given namespaces while the `with` lasts.

    `namespaces`: name → where a network namespace is: a path, or a place on another kernel. With
    `only`, nothing but that run's tagged packets. Packets wait in the kernel until `read`. Raises
    TestbedError if a namespace cannot be entered.
    """

    def __init__(self, namespaces: Mapping[str, Place], only: tag.Run | None = None) -> None:
        self.namespaces = dict(namespaces)
        self._only = only
        self._sockets: dict[str, socket.socket] = {}
        self._remote: list[RemoteSource] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Capture:
        try:
            self._open_remote()
            for name, path in local(self.namespaces).items():
                self._sockets[name] = self._open(name, path)
                self._selector.register(self._sockets[name], selectors.EVENT_READ, name)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def read(
        self, enough: Callable[[list[Frame]], bool], timeout: float, what: str = "packets"
    ) -> list[Frame]:
        """What was captured, until `enough` says so or `timeout` seconds have passed.

        Raises CheckFailed if the kernel had to drop captured packets: what is missing then
        proves nothing.
        """
        frames: list[Frame] = []
        deadline = time.monotonic() + timeout
        while not enough(frames):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            for key, _ in self._selector.select(left):
                local_name = key.data if isinstance(key.data, str) else None
                frames += (
                    key.data.drain()
                    if local_name is None
                    else _drain(local_name, self._sockets[local_name])
                )
        frames += self._rest()
        self._refuse_drops(what)
        return frames

    def _rest(self) -> list[Frame]:
        """What is there already, without waiting."""
        here = [f for name, s in self._sockets.items() for f in _drain(name, s)]
        return here + [frame for remote in self._remote for frame in remote.rest()]

    def _open_remote(self) -> None:
        """One source per kernel; all start at once."""
        for places in by_machine(self.namespaces):
            assert self._only is not None, "a capture of all packets on another kernel"
            any_one = next(iter(places.values()))
            self._remote.append(any_one.capture(places, self._only))
        for remote in self._remote:
            remote.ready()
            self._selector.register(remote, selectors.EVENT_READ, remote)

    def _open(self, name: str, path: Path) -> socket.socket:
        try:
            with in_netns(str(path)):
                opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except OSError as error:
            raise TestbedError(
                f"no capture in {name}", why=f"{path}: {error.strerror}", fix="testbed status"
            ) from None
        try:
            if self._only is not None:
                value, keep = tag.as_option(self._only.filter())
                opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, value)
                del keep
            opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER)
            opened.setblocking(False)
            # only now: with protocol 0 nothing was queued before the filter was in place
            _start(opened)
        except BaseException:
            opened.close()
            raise
        return opened

    def _refuse_drops(self, what: str) -> None:
        dropped = {n: d for n, d in ((n, _drops(s)) for n, s in self._sockets.items()) if d}
        if dropped:
            words = ", ".join(f"{n}: {d}" for n, d in dropped.items())
            raise CheckFailed(f"the capture of {what} lost packets", why=f"dropped: {words}")

    def _close(self) -> None:
        self._selector.close()
        for opened in self._sockets.values():
            opened.close()
        for remote in self._remote:
            remote.close()
        self._sockets.clear()
        self._remote.clear()


def _start(opened: socket.socket) -> None:
    """bind(2) to all interfaces, which Python's own bind has no words for."""
    address = struct.pack("=H2siHBB8s", socket.AF_PACKET, _ALL_PROTOCOLS, 0, 0, 0, 0, bytes(8))
    if _libc.bind(opened.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "packet socket cannot be bound")


def _drain(name: str, source: socket.socket) -> list[Frame]:
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
        frames.append(Frame(name, interface, kind == _PACKET_OUTGOING, _stamp(control), data))


def _stamp(control: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack_from("=qq", data)
            return int(seconds) * 10**9 + int(nanoseconds)
    return time.time_ns()


def _drops(source: socket.socket) -> int:
    """Packets dropped since the last question."""
    answer = source.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
    return int(struct.unpack("=II", answer)[1])
