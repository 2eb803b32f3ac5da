"""Restarts daemons when another one did, or when the clock was set back, inside a supervisor.

Which daemon restarts with which one is said where the daemon is defined (Program.restarts_with):
isisd does not give its routes to a zebra that was restarted under it, for example. When the clock
is set back, some daemons wait for a time of day that they saw already (Program.minds_clock).
Loaded by supervisord as an RPC interface, its way to load code. systemd's units of a guest know
restarts_with too (testbed.providers.vagrant.guest.systemd).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

# In a program's environment: the name of the program that it restarts with, and for how many
# seconds it bears the absence of that one; that it restarts when the clock was set back.
LEADER, BEARS = "TESTBED_RESTARTS_WITH", "TESTBED_BEARS"
MINDS_CLOCK = "TESTBED_MINDS_CLOCK"
SET_BACK = 2.0  # seconds by which the clock was set back at least


# Any: supervisor publishes no types of what it hands over.
Supervisord = Any
StateEvent = Any
Process = Any
Clock = Callable[[], float]


class Restarts:
    """What ran before what: counted, as the supervisor's times are of a clock that may be set."""

    def __init__(self, supervisord: Supervisord, clock: Clock, time_of_day: Clock) -> None:
        self._supervisord = supervisord
        self._clock, self._time_of_day = clock, time_of_day
        self._number = count(1)
        self._started: dict[str, int] = {}  # program → which start of all this was
        self._left: dict[str, float] = {}  # programs that do not run → since when
        self._offset = time_of_day() - clock()

    def stale(self) -> list[str]:
        """Programs that were started before what they must restart with. An RPC call."""
        return [
            process.config.name
            for process in self._processes()
            if not _bears(process) and self._is_older(process, _told(process, LEADER))
        ]

    def _starting(self, event: StateEvent) -> None:
        self._started[event.process.config.name] = next(self._number)

    def _running(self, event: StateEvent) -> None:
        name = event.process.config.name
        away = self._clock() - self._left.pop(name, self._clock())
        for process in self._processes():
            bears = _bears(process)
            is_follower = _told(process, LEADER) == name and (away > bears or not bears)
            if is_follower and self._is_older(process, name):
                _restart(process)

    def _gone(self, event: StateEvent) -> None:
        self._left.setdefault(event.process.config.name, self._clock())

    def _tick(self, _: StateEvent) -> None:
        before, self._offset = self._offset, self._time_of_day() - self._clock()
        if self._offset < before - SET_BACK:
            for process in self._processes():
                if _told(process, MINDS_CLOCK):
                    _restart(process)

    def _is_older(self, process: Process, other: str) -> bool:
        return self._started.get(process.config.name, 0) < self._started.get(other, 0)

    def _processes(self) -> Iterator[Process]:
        for group in list(self._supervisord.process_groups.values()):
            yield from group.processes.values()


def make(
    supervisord: Supervisord,
    clock: Clock = time.monotonic,
    time_of_day: Clock = time.time,
    **_: str,
) -> Restarts:
    """supervisord's factory: from now on programs are ended when they have to start anew."""
    from supervisor import events

    restarts = Restarts(supervisord, clock, time_of_day)
    events.subscribe(events.ProcessStateStartingEvent, restarts._starting)
    events.subscribe(events.ProcessStateRunningEvent, restarts._running)
    for ended in ("Exited", "Stopped", "Backoff"):
        events.subscribe(getattr(events, f"ProcessState{ended}Event"), restarts._gone)
    events.subscribe(events.Tick5Event, restarts._tick)
    return restarts


def _told(process: Process, name: str) -> str:
    return str((process.config.environment or {}).get(name, ""))


def _bears(process: Process) -> float:
    return float(_told(process, BEARS) or 0.0)


def _restart(process: Process) -> None:
    """End it; that is an unexpected end, so it is started again."""
    if process.pid:
        process.signal(signal.SIGKILL)
