"""The routes of local repair in a router's kernel, brought to what is wanted by difference."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Mapping, Sequence

from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.routes import PREFERENCE, PROTOCOL, TABLE, Place, RepairRoute
from testbed.host.namespaces import in_netns
from testbed.host.route_dump import ISIS, MAIN, routes_by
from testbed.host.run import run

log = logging.getLogger(__name__)
NextHops = Mapping[Prefix, frozenset[str]]
_FAMILIES = ("-6", "-4")
_RULE = f"pref {PREFERENCE} lookup {TABLE} protocol {PROTOCOL}".split()


def places_in(router: str) -> frozenset[Place]:
    """Where the router has routes of local repair now. Raises OSError if it is not there."""
    return _places(router, PROTOCOL)


def lacks_rule(router: str) -> bool:
    """True unless the lookup of both families comes to the backups."""
    shown = (
        run(["ip", "-n", router, family, "rule", "show", "pref", str(PREFERENCE)]).stdout
        for family in _FAMILIES
    )
    return not all(f"lookup {TABLE}" in text for text in shown)


class RouterKernel:
    """One router's routes and rules of local repair; it knows what it has installed there."""

    def __init__(self, router: str) -> None:
        self.router = router
        self._installed: dict[Place, str] = {}
        self._ruled = False

    def rule_was_lost(self) -> None:
        """Have the next `apply` bring the rules back."""
        self._ruled = False

    def apply(self, wanted: Iterable[RepairRoute], next_hops: NextHops) -> bool:
        """Install what is wanted and remove everything else; True if all of it is there.

        A prefix that IS-IS has not routed by these next hops yet keeps the backup that it has:
        that may be what carries its packets at this moment.
        """
        main = _interfaces_by_prefix(_places(self.router, ISIS))
        waiting = {prefix for prefix, hops in next_hops.items() if main.get(prefix) != hops}
        by_place = {route.place: route.line for route in wanted}
        there = places_in(self.router)
        changed = [
            line
            for place, line in by_place.items()
            if not _waits(place, waiting)
            and (place not in there or self._installed.get(place) != line)
        ]
        self._batch([f"route replace {line}" for line in changed])
        if changed:  # a new interface for a prefix replaced the old one
            there = places_in(self.router)
        gone = [place for place in there - by_place.keys() if not _waits(place, waiting)]
        self._batch(_deletions(gone))
        self._note(by_place, changed, there)
        self._ensure_rules()
        return not waiting and by_place.keys() <= there

    def clear(self) -> None:
        """Remove all of it."""
        self._each_rule("del")
        self._batch(_deletions(places_in(self.router)))

    def _note(
        self, wanted: Mapping[Place, str], changed: Iterable[str], there: Iterable[Place]
    ) -> None:
        """Remember how each route that is there was made."""
        new = set(changed)
        known = self._installed | {p: line for p, line in wanted.items() if line in new}
        self._installed = {place: known[place] for place in there if place in known}

    def _ensure_rules(self) -> None:
        if not self._ruled:
            self._each_rule("add")
            self._ruled = True

    def _each_rule(self, verb: str) -> None:
        """One that is there already, or not any more, is fine."""
        for family in _FAMILIES:
            run(["ip", "-n", self.router, family, "rule", verb, *_RULE], check=False)

    def _batch(self, lines: Sequence[str]) -> None:
        """A line that fails does not keep the others from being done: its link may be down."""
        if lines:
            batch = ["ip", "-n", self.router, "-force", "-batch", "-"]
            done = run(batch, stdin="\n".join(lines) + "\n", check=False)
            if done.returncode:
                log.info("%s: %s", self.router, done.stderr.strip())


def _waits(place: Place, waiting: set[Prefix]) -> bool:
    return place.table == TABLE and place.prefix in waiting


def _deletions(places: Iterable[Place]) -> list[str]:
    return sorted(
        f"route del {place.prefix} dev {place.interface} table {place.table} proto {PROTOCOL}"
        for place in places
    )


def _places(router: str, protocol: int) -> frozenset[Place]:
    with in_netns(router):
        names = dict(socket.if_nameindex())
        return frozenset(
            Place(route.table, route.prefix, names[index])
            for route in routes_by(protocol)
            for index in route.interfaces
            if index in names
        )


def _interfaces_by_prefix(places: Iterable[Place]) -> dict[Prefix, frozenset[str]]:
    """Of the main table."""
    found: dict[Prefix, set[str]] = {}
    for place in places:
        if place.table == MAIN:
            found.setdefault(place.prefix, set()).add(place.interface)
    return {prefix: frozenset(interfaces) for prefix, interfaces in found.items()}
