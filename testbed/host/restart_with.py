"""Restarts a daemon when another one did, inside a supervisor.

Which daemon restarts with which one is said where the daemon is defined (Program.restarts_with):
isisd does not give its routes to a zebra that was restarted under it, for example.
Loaded by supervisord as an RPC interface (its way to load code) that has no calls. systemd's units
of a guest say the same (testbed.providers.vagrant.guest.systemd).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

# In a program's environment: the name of the program that it restarts with, and for how many
# seconds it bears the absence of that one.
LEADER, BEARS = "TESTBED_RESTARTS_WITH", "TESTBED_BEARS"


# Any: supervisor publishes no types of what it hands over.
Supervisord = Any
StateEvent = Any
Process = Any


class NoCalls:
    """An RPC interface without calls."""


def make(
    supervisord: Supervisord, clock: Callable[[], float] = time.monotonic, **_: str
) -> NoCalls:
    """supervisord's factory: from now on followers are ended once what they follow runs anew."""
    from supervisor import events

    left: dict[str, float] = {}  # programs that do not run → since when

    def running(event: StateEvent) -> None:
        name = event.process.config.name
        away = clock() - left.pop(name, clock())
        for follower in _find_followers(supervisord, name, away):
            if follower.pid and _is_stale(follower, event.process):
                follower.signal(signal.SIGKILL)  # an unexpected end, so it is started again

    def gone(event: StateEvent) -> None:
        left.setdefault(event.process.config.name, clock())

    events.subscribe(events.ProcessStateRunningEvent, running)
    for ended in ("Exited", "Stopped", "Backoff"):
        events.subscribe(getattr(events, f"ProcessState{ended}Event"), gone)
    return NoCalls()


def _find_followers(supervisord: Supervisord, leader: str, away: float) -> Iterator[Process]:
    """The processes that restart with `leader` after it was away for so many seconds."""
    for group in list(supervisord.process_groups.values()):
        for process in group.processes.values():
            environment = process.config.environment or {}
            bears = float(environment.get(BEARS, 0.0))
            if environment.get(LEADER) == leader and (away > bears or not bears):
                yield process


def _is_stale(follower: Process, leader: Process) -> bool:
    return bool(follower.laststart < leader.laststart)
