"""tcpdump on several nodes at once, as one pcapng stream."""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO, NoReturn

from testbed.errors import TestbedError
from testbed.host import told
from testbed.host.namespaces import end_with_parent
from testbed.lab.access.inside import netns_of, replace_process
from testbed.lab.access.locate import run_in
from testbed.lab.access.taps import Tap, tcpdump
from testbed.observe.merge import Merger
from testbed.plan.model import Plan

_CHUNK = 1 << 16  # bytes
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_READER_GONE = 128 + signal.SIGPIPE  # as when tcpdump itself writes into a pipe


def capture(plan: Plan, taps: Sequence[Tap], filter_: Sequence[str], output: IO[bytes]) -> int:
    """Capture until all have ended, or a signal ends them; an exit code, as tcpdump's.

    Where one cannot begin, none goes on. Raises TestbedError.
    """
    names = _InterfaceNames(plan, [tap.node for tap in taps])
    merger = Merger({str(tap): (tap.node, tap.interface) for tap in taps}, names.find)
    children: list[_Child] = []
    try:
        with _ended(children), _stopped_by_signals(children) as stopped:
            children.extend(_start(plan, tap, filter_) for tap in taps)
            if stopped:
                _stop(children)
            _copy(children, merger, output)
    except BrokenPipeError:
        return _READER_GONE
    except OSError as error:
        what = "the capture cannot be written"
        raise TestbedError(what, why=error.strerror, exit_code=1) from None
    return next((child.code for child in children if child.code), 0)


class _Child:
    """A tcpdump: its packets, its words, its end."""

    def __init__(self, name: str, pid: int, packets: IO[bytes], words: IO[bytes]) -> None:
        self.name, self.packets, self.words = name, packets, words
        self.code = 0  # its exit code, once it has been waited for; 0 if it was stopped
        self.ended = False  # it sends no more packets
        self._pid, self._stopped, self._line = pid, False, b""

    def stop(self) -> None:
        """It sends what it has, prints its figures, and ends."""
        if not self._stopped and not self.ended:
            self._stopped = True
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)

    def wait(self) -> None:
        """Until it has ended; nobody reads what it may still write."""
        self.packets.close()
        self.words.close()
        _, status = os.waitpid(self._pid, 0)
        self.code = 0 if self._stopped else abs(os.waitstatus_to_exitcode(status))

    @property
    def has_line(self) -> bool:
        """True while its last line has no end yet."""
        return bool(self._line)

    def print_words(self, data: bytes) -> None:
        """Its words on stderr, line by line, each with its name."""
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            named = text if text.startswith(told.MARK) else f"{self.name}: {text}"
            print(named, file=sys.stderr, flush=True)


def _start(plan: Plan, tap: Tap, filter_: Sequence[str]) -> _Child:
    packets_read, packets_write = os.pipe()
    words_read, words_write = os.pipe()
    # no signal is lost between the fork and the child's own handling of it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    pid = os.fork()
    if pid == 0:
        _become_tcpdump(plan, tap, filter_, packets_write, words_write)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(packets_write)
    os.close(words_write)
    readers = (os.fdopen(fd, "rb", buffering=0) for fd in (packets_read, words_read))
    return _Child(str(tap), pid, *readers)


def _become_tcpdump(
    plan: Plan, tap: Tap, filter_: Sequence[str], packets: int, words: int
) -> NoReturn:
    """In the child, in the way in which a node alone is captured."""
    code = 1
    try:
        end_with_parent()
        for number in _ENDING:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        os.dup2(packets, 1)
        os.dup2(words, 2)
        options = ["--immediate-mode", "--time-stamp-precision=nano", "-U", "-w", "-"]
        command = [*tcpdump(tap.interface, *options), *filter_]
        replace_process(plan, tap.node, command, network_only=True)
    except TestbedError as error:
        print(error, file=sys.stderr, flush=True)
        code = error.exit_code
    except OSError as error:
        print(f"no capture: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


@contextmanager
def _ended(children: Iterable[_Child]) -> Iterator[None]:
    """However the body ends, they have ended afterwards; they are stopped where it fails."""
    try:
        yield
    except BaseException:
        _stop(children)
        raise
    finally:
        for child in children:
            child.wait()


def _stop(children: Iterable[_Child]) -> None:
    for child in children:
        child.stop()


def _copy(children: Sequence[_Child], merger: Merger, output: IO[bytes]) -> None:
    """Until every child has ended."""
    with selectors.DefaultSelector() as selector:
        for child in children:
            selector.register(child.packets, selectors.EVENT_READ, child)
            selector.register(child.words, selectors.EVENT_READ, child)
        _write(output, merger.begin())
        while selector.get_map():
            blocks = b""
            for key, _ in selector.select(merger.patience(time.monotonic())):
                ready: _Child = key.data
                data = os.read(key.fd, _CHUNK)
                if not data:
                    selector.unregister(key.fileobj)
                if key.fileobj is ready.words:
                    ready.print_words(data or b"\n" * ready.has_line)
                elif data:
                    blocks += _feed(merger, ready.name, data)
                else:
                    ready.ended = True
                    blocks += merger.end(ready.name, time.monotonic())
                    if not merger.has_begun(ready.name):
                        _stop(children)
            _write(output, blocks + merger.take(time.monotonic()))


def _feed(merger: Merger, name: str, data: bytes) -> bytes:
    try:
        return merger.feed(name, data, time.monotonic())
    except ValueError as error:
        raise TestbedError(f"{name}: tcpdump sends {error}", exit_code=1) from None


def _write(output: IO[bytes], blocks: bytes) -> None:
    if blocks:
        output.write(blocks)
        output.flush()


@contextmanager
def _stopped_by_signals(children: Sequence[_Child]) -> Iterator[list[int]]:
    """A signal ends the children, whose last packets are then still written; gives those seen."""
    seen: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        _stop(children)

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _InterfaceNames:
    """Names of interfaces by index; looked up anew for an index that was not there before."""

    def __init__(self, plan: Plan, nodes: Iterable[str]) -> None:
        self._plan = plan
        self._known = {node: self._look(node) for node in nodes}

    def find(self, node: str, index: int) -> str:
        """The interface's name, or one made of its index if it has gone already."""
        known = self._known[node]
        if index not in known:
            known |= self._look(node)
        return known.setdefault(index, f"if{index}")

    def _look(self, node: str) -> dict[int, str]:
        done = run_in(self._plan, netns_of(self._plan, node), ["ip", "-j", "link"], check=False)
        if done.returncode != 0:
            return {}
        return {
            int(link["ifindex"]): str(link["ifname"]) for link in json.loads(done.stdout or "[]")
        }
