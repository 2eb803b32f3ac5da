"""Detours around a link that loses packets and stays up, until IS-IS has converged.

A kernel takes routes away with a link that goes down, and comes to the backups. It knows nothing of
a silent link: routes of `main` stay. So what `main` sends there is sent by its backup from a table
that is looked at before `main`. A detour lasts for as long as `main` has the route.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import replace

from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.routes import DETOURS, Place, RepairRoute, by_neighbour
from testbed.plan.model import Plan

Main = Mapping[Prefix, Set[str]]  # prefix → the interfaces of its route by IS-IS


class Detours:
    """The detours of one router."""

    def __init__(self, plan: Plan, router: str) -> None:
        self._router = router
        self._links = {link.end(router).interface: link for link in plan.links_of(router)}

    def around(
        self, silent: Set[str], main: Main, backups: Mapping[Prefix, RepairRoute]
    ) -> Iterator[RepairRoute]:
        """A route for each prefix that leads to one of these interfaces and has another way."""
        for prefix, interfaces in main.items():
            if interfaces & silent:
                yield from self._around(prefix, interfaces - silent, silent, backups.get(prefix))

    def _around(
        self, prefix: Prefix, others: Set[str], silent: Set[str], backup: RepairRoute | None
    ) -> Iterator[RepairRoute]:
        """By a next hop of equal cost, or by the backup."""
        usable = sorted(others & self._links.keys())
        if usable:
            yield from by_neighbour(self._links[usable[0]], self._router, prefix, DETOURS)
        elif backup is not None and backup.place.interface not in silent:
            yield replace(backup, place=replace(backup.place, table=DETOURS))


def with_exceptions(
    detours: Collection[RepairRoute], prefixes: Collection[Prefix]
) -> Iterator[RepairRoute]:
    """The detours, and for what `main` has within their prefixes: go on to `main`."""
    yield from detours
    taken = {route.place.prefix for route in detours}
    for prefix in prefixes:
        if prefix not in taken and any(_lies_in(prefix, other) for other in taken):
            yield RepairRoute(Place(DETOURS, prefix, ""), "", kind="throw")


def _lies_in(prefix: Prefix, other: Prefix) -> bool:
    same = prefix.version == other.version
    return same and other.prefixlen < prefix.prefixlen and prefix.network_address in other
