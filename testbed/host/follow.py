"""Runs inside the lab's supervisor: a daemon that must start anew when another one did.

isisd does not give its routes to a zebra that was restarted under it; a restart of isisd does.
Loaded by supervisord as an RPC interface (its way to load code) that has no calls.
"""

from __future__ import annotations

import signal
from typing import Any

# By the last part of a program's name: r1.isisd follows r1.zebra.
FOLLOWERS = {"zebra": "isisd"}


class NoCalls:
    """An RPC interface without calls."""


def make(supervisord: Any, **_: str) -> NoCalls:
    """supervisord's factory: from now on followers are ended once what they follow runs anew."""
    from supervisor import events

    def running(event: Any) -> None:
        follower = _follower(supervisord, event.process)
        if follower is not None and follower.pid and _is_stale(follower, event.process):
            follower.signal(signal.SIGKILL)  # an unexpected end, so it is started again

    events.subscribe(events.ProcessStateRunningEvent, running)
    return NoCalls()


def follower_of(name: str) -> str | None:
    """The program that is to start anew when program `name` did."""
    owner, _, daemon = name.rpartition(".")
    return f"{owner}.{FOLLOWERS[daemon]}" if daemon in FOLLOWERS else None


def _follower(supervisord: Any, process: Any) -> Any:
    name = follower_of(process.config.name)
    group = supervisord.process_groups.get(name)
    return group.processes[name] if group else None


def _is_stale(follower: Any, leader: Any) -> bool:
    return bool(follower.laststart < leader.laststart)
