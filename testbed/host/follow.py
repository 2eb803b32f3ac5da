"""Which daemon must start anew when another one did, and what sees to it inside a supervisor.

isisd does not give its routes to a zebra that was restarted under it; a restart of isisd does.
An API server whose etcd was away asks for it again less and less often, in the end every two
minutes; started anew, it asks at once.
A controller manager that lived through an absence of the API server goes by leases from before it,
and declares every node dead before the kubelets' first words arrive; started anew, it waits for
them. With leader election it would have ended by itself.
Loaded by supervisord as an RPC interface (its way to load code) that has no calls. systemd's units
of a guest say the same (testbed.providers.vagrant.guest.systemd).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

# By the last part of a program's name: r1.isisd follows r1.zebra.
FOLLOWERS = {"zebra": "isisd"}
# The same for absences of more than so many seconds; shorter ones the follower bears.
PATIENT = {"etcd": ("kube-apiserver", 10.0), "kube-apiserver": ("kube-controller-manager", 10.0)}


class NoCalls:
    """An RPC interface without calls."""


def make(supervisord: Any, clock: Callable[[], float] = time.monotonic, **_: str) -> NoCalls:
    """supervisord's factory: from now on followers are ended once what they follow runs anew."""
    from supervisor import events

    left: dict[str, float] = {}  # programs that do not run → since when

    def running(event: Any) -> None:
        name = event.process.config.name
        away = clock() - left.pop(name, clock())
        follower = _follower(supervisord, name, away)
        if follower is not None and follower.pid and _is_stale(follower, event.process):
            follower.signal(signal.SIGKILL)  # an unexpected end, so it is started again

    def gone(event: Any) -> None:
        left.setdefault(event.process.config.name, clock())

    events.subscribe(events.ProcessStateRunningEvent, running)
    for ended in ("Exited", "Stopped", "Backoff"):
        events.subscribe(getattr(events, f"ProcessState{ended}Event"), gone)
    return NoCalls()


def follower_of(name: str, away: float = 0.0) -> str | None:
    """The program that is to start anew when `name` did, after `away` seconds."""
    owner, _, daemon = name.rpartition(".")
    if daemon in FOLLOWERS:
        return f"{owner}.{FOLLOWERS[daemon]}"
    follower, patience = PATIENT.get(daemon, ("", 0.0))
    return f"{owner}.{follower}" if follower and away > patience else None


def leader_of(name: str) -> str | None:
    """The program with which `name` is to start anew: the other direction of follower_of()."""
    owner, _, daemon = name.rpartition(".")
    followers = {**FOLLOWERS, **{leader: follower for leader, (follower, _) in PATIENT.items()}}
    leader = next((one for one, follower in followers.items() if follower == daemon), "")
    return f"{owner}.{leader}" if leader else None


def _follower(supervisord: Any, name: str, away: float) -> Any:
    follower = follower_of(name, away)
    group = supervisord.process_groups.get(follower)
    return group.processes[follower] if group else None


def _is_stale(follower: Any, leader: Any) -> bool:
    return bool(follower.laststart < leader.laststart)
