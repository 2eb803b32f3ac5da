"""The routes of local repair in a router's kernel, brought to what is wanted by difference."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping

from testbed.backbone.repair.ip_commands import TO_BACKUPS, batch
from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.routes import DETOURS, PROTOCOL, TABLE, Place, RepairRoute
from testbed.host.namespaces import in_netns
from testbed.host.route_dump import ISIS, MAIN, routes_by

NextHops = Mapping[Prefix, frozenset[str]]


def places_in(router: str) -> frozenset[Place]:
    """Where the router has routes of local repair now, detours aside. Raises OSError if it is not
    there.
    """
    return frozenset(place for place in _places(router, PROTOCOL) if place.table != DETOURS)


def by_isis(router: str) -> dict[Prefix, frozenset[str]]:
    """Prefix → the interfaces of its route in the main table, of all that IS-IS has there."""
    found: dict[Prefix, set[str]] = {}
    for place in _places(router, ISIS):
        if place.table == MAIN:
            found.setdefault(place.prefix, set()).add(place.interface)
    return {prefix: frozenset(interfaces) for prefix, interfaces in found.items()}


class RouterKernel:
    """One router's routes and rules of local repair; it knows what it has installed there."""

    def __init__(self, router: str) -> None:
        self.router = router
        self._installed: dict[Place, RepairRoute] = {}
        self._ruled = False

    def rule_was_lost(self) -> None:
        """Have the next `apply` bring the rules back."""
        self._ruled = False

    def apply(self, wanted: Iterable[RepairRoute], next_hops: NextHops) -> bool:
        """Install what is wanted and remove everything else; True if all of it is there.

        A prefix that IS-IS has not routed by these next hops yet keeps the backup that it has:
        that may be what carries its packets at this moment.
        """
        main = by_isis(self.router)
        waiting = {prefix for prefix, hops in next_hops.items() if main.get(prefix) != hops}
        by_place = {route.place: route for route in wanted}
        there = places_in(self.router)
        changed = [
            route
            for place, route in by_place.items()
            if not _waits(place, waiting)
            and (place not in there or self._installed.get(place) != route)
        ]
        batch(self.router, [f"route replace {route.line}" for route in changed])
        if changed:  # a new interface for a prefix replaced the old one
            there = places_in(self.router)
        gone = [place for place in there - by_place.keys() if not _waits(place, waiting)]
        batch(self.router, _deletions(gone))
        self._note(changed, there)
        self._ensure_rules()
        return not waiting and by_place.keys() <= there

    def backups(self) -> dict[Prefix, RepairRoute]:
        """Prefix → its backup, of all that are there."""
        return {p.prefix: route for p, route in self._installed.items() if p.table == TABLE}

    def clear(self) -> None:
        """Remove all of it."""
        TO_BACKUPS.change(self.router, "del")
        batch(self.router, _deletions(places_in(self.router)))

    def _note(self, changed: Iterable[RepairRoute], there: Iterable[Place]) -> None:
        """Remember how each route that is there was made."""
        known = self._installed | {route.place: route for route in changed}
        self._installed = {place: known[place] for place in there if place in known}

    def _ensure_rules(self) -> None:
        if not self._ruled:
            TO_BACKUPS.change(self.router, "add")
            self._ruled = True


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
