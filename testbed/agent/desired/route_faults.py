"""What became of wanted routes, as sentences: not there, there and different, or not understood."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.agent.desired import routes
from testbed.agent.desired.routes import Change, Route


def describe(left: Change, have: Iterable[Route], complaints: Iterable[str]) -> list[str]:
    """One sentence per route that is not as wanted.

    `have`: the kernel's routes. `complaints`: what `ip` said, each with the line that it is about;
    those that had no effect are dropped.
    """
    shown = {route.key: route for route in have}
    known = list(complaints)
    missing = [
        f"{_name_fault(route, shown.get(route.key))} ({_find_cause(route, known)})"
        for route in left.replace
    ]
    return missing + [
        f"route left over: {_show(route)} ({_find_cause(route, known)})" for route in left.delete
    ]


def _name_fault(wanted: Route, shown: Route | None) -> str:
    if shown is None:
        return f"route missing: {routes.render(wanted)}"
    if shown.unread:
        return f"route not understood: {routes.render(wanted)} is wanted, ip shows {shown.unread}"
    return f"route differs: {routes.render(wanted)} is wanted, ip shows {routes.render(shown)}"


def _show(route: Route) -> str:
    return route.unread or routes.render(route)


def _find_cause(route: Route, complaints: list[str]) -> str:
    line = f" {routes.selector(route)}"
    found = (c for c in complaints if f"{line} " in c or f"{line}:" in c)
    return next(found, "no error was given")
