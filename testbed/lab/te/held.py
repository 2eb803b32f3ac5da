"""Links that come back again and again: no intent takes them until they have stayed up.

A link that goes down is left at once. One that comes back is used at once too, unless it has gone
down twice within AGAIN seconds: then it has to be up for LONG_ENOUGH first. Which ones these are
lies in a file, so that commands plan as the engine does.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from pathlib import Path

from testbed.engine.network import Network
from testbed.host.files import write_json
from testbed.lab.te import store
from testbed.plan.model import Plan

AGAIN, LONG_ENOUGH = 30.0, 5.0
_FRESH = "fresh-links.json"
SETTLED = 1.0  # seconds after which routers that a link came back to have routes
_TWICE = 2


class Held:
    """What the engine has seen of the links between routers; told of each network that it sees."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan, self._clock = plan, clock
        self._there: set[str] | None = None
        self._losses: dict[str, list[float]] = {}
        self._until: dict[str, float] = {}
        self._written: tuple[dict[str, float], dict[str, float]] | None = None
        self._fresh: dict[str, float] = {}
        self.lost = False  # has what was seen last fewer links than what was seen before?

    def see(self, network: Network) -> tuple[str, ...]:
        """The links of this network that are not to be used yet; kept in the file, too."""
        now, there = self._clock(), _links(self._plan, network)
        before = there if self._there is None else self._there
        self.lost = bool(before - there)
        for link in before - there:
            recent = [at for at in self._losses.get(link, ()) if now - at < AGAIN]
            self._losses[link] = [*recent, now]
            self._until.pop(link, None)
            self._fresh.pop(link, None)
        for link in there - before:
            self._fresh[link] = now + SETTLED
            if len([at for at in self._losses.get(link, ()) if now - at < AGAIN]) >= _TWICE:
                self._until[link] = now + LONG_ENOUGH
        self._there = there
        self._until = {link: at for link, at in self._until.items() if at > now}
        self._fresh = {link: at for link, at in self._fresh.items() if at > now}
        if (self._until, self._fresh) != self._written:
            write_json(_file(self._plan), self._until, mode=0o600)
            write_json(_file(self._plan, _FRESH), self._fresh, mode=0o600)
            self._written = dict(self._until), dict(self._fresh)
        return tuple(sorted(self._until))

    def seconds_left(self) -> float:
        """Until the next of them may be used; infinite if there is none."""
        return max(0.0, min(self._until.values(), default=float("inf")) - self._clock())


def held(plan: Plan) -> tuple[str, ...]:
    """Those that the engine holds now; none where it does not run."""
    return _read(_file(plan), LONG_ENOUGH)


def fresh(plan: Plan) -> tuple[str, ...]:
    """Those that have come back just now, as far as the engine has seen."""
    return _read(_file(plan, _FRESH), SETTLED)


def _read(file: Path, longest: float) -> tuple[str, ...]:
    try:
        until: dict[str, float] = json.loads(file.read_text())
    except (OSError, ValueError):
        return ()
    now = time.monotonic()
    return tuple(sorted(link for link, at in until.items() if now < at <= now + longest))


def _file(plan: Plan, name: str = "held-links.json") -> Path:
    return store.directory(plan) / name


def _links(plan: Plan, network: Network) -> set[str]:
    routers: Collection[str] = plan.router_names
    return {a.link for a in network.adjacencies if a.tail in routers and a.head in routers}
