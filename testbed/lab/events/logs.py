"""The logs of a lab's programs, read as they grow, are rotated, and come with nodes that join."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from inotify_simple import INotify, flags

from testbed.lab.events.lines import Parser, parser_of
from testbed.paths import LAB, NODES
from testbed.plan.model import Plan
from testbed.report.event import Event

_NEW = flags.CREATE | flags.MOVED_TO
_GROWN = _NEW | flags.MODIFY
_GATHER = 100  # milliseconds in which several changes become one look
_LONGEST = 65536  # bytes of a line


class GrowingLog:
    """One log: gives what was added since it was read last.

    A file that took its place is read from its beginning. That is a rotation, or the mirror of a
    virtual machine that brings the same again: what the file before held is left out. Times do not
    tell what is new, as the clock may have been set back.
    """

    def __init__(self, file: Path, parse: Parser) -> None:
        self._file, self._parse = file, parse
        self._stream: BinaryIO | None = None
        self._rest = b""
        self._held, self._held_before = set[Event](), set[Event]()

    def new_events(self) -> list[Event]:
        """In the order of the log."""
        events = self._read_on()
        if self._is_replaced():
            events += self._read_on()  # what came before it was replaced
            self._reopen()
            events += self._read_on()
        return events

    def _read_on(self) -> list[Event]:
        if self._stream is None:
            return []
        *whole, self._rest = (self._rest + self._stream.read()).split(b"\n")
        found = [self._parse(line.decode(errors="replace")) for line in whole]
        events = [event for event in found if event]
        self._held.update(events)
        return [event for event in events if event not in self._held_before]

    def _is_replaced(self) -> bool:
        try:
            there = self._file.stat()
        except OSError:
            return False  # gone for now
        if self._stream is None:
            return True
        ours = os.fstat(self._stream.fileno())
        return ours.st_ino != there.st_ino or there.st_size < self._stream.tell()

    def _reopen(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._rest = _unfinished_line(self._file.with_name(f"{self._file.name}.1"))
        self._held_before, self._held = self._held, set()
        try:
            self._stream = self._file.open("rb")
        except FileNotFoundError:
            return


def _unfinished_line(rotated: Path) -> bytes:
    """What follows the last line of a log that was rotated in the midst of a line."""
    try:
        with rotated.open("rb") as stream:
            stream.seek(max(0, rotated.stat().st_size - _LONGEST))
            return stream.read().rpartition(b"\n")[2]
    except FileNotFoundError:
        return b""


class Logs:
    """All logs of the lab that hold events."""

    def __init__(self, plan: Plan, lab: Path = LAB, nodes: Path = NODES) -> None:
        self._plan, self._lab, self._nodes = plan, lab, nodes
        self._known: dict[Path, GrowingLog] = {}

    def until_now(self) -> list[Event]:
        """What was reported until now, by time; to be called first."""
        return sorted([*self._read("*.log.1"), *self._read("*.log")])

    def new_events(self) -> list[Event]:
        """What was reported since the last call, by time."""
        return sorted(self._read("*.log"))

    def watched(self) -> Iterator[tuple[Path, int]]:
        """Directories, and which of their changes mean that something may be new.

        Each is given before what it holds is looked at, so that nothing is missed in between.
        """
        yield self._nodes, _NEW
        yield from ((node, _NEW) for node in self._nodes.iterdir() if node.is_dir())
        yield from ((directory, _GROWN) for directory in self._directories())

    def _directories(self) -> list[Path]:
        """The lab's own, and those of nodes with a supervisor of their own."""
        return [self._lab / "logs", *self._nodes.glob("*/logs")]

    def _read(self, pattern: str) -> Iterator[Event]:
        for directory in self._directories():
            for file in directory.glob(pattern):
                if file not in self._known:
                    self._known[file] = GrowingLog(file, parser_of(self._plan, file))
                yield from self._known[file].new_events()


def follow(logs: Logs) -> Iterator[list[Event]]:
    """What there is, then what is added, as it is written; never ends."""
    with INotify() as inotify:
        _watch(inotify, logs)
        yield logs.until_now()
        while True:
            inotify.read(read_delay=_GATHER)
            _watch(inotify, logs)
            yield logs.new_events()


# Any: inotify_simple publishes no types
def _watch(inotify: Any, logs: Logs) -> None:
    """Also what is new; a directory that is watched already stays so."""
    for directory, changes in logs.watched():
        with suppress(FileNotFoundError):  # gone meanwhile
            inotify.add_watch(str(directory), changes)
