"""A router's own routes are missed one by one: a uN is there once per interface."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Network

import pytest

from testbed.host.route_dump import Prefix
from testbed.lab import verify
from testbed.observe.routes import Routes
from testbed.render.network import static_routes
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full", encoding="usid")
OWN = IPv6Network("5f00:60::/32")


def kernel_without(interface: str) -> Callable[[str, int], Routes]:
    """What each node's kernel has: all, but for r6's uN on this interface."""

    def routes_of(node: str, protocol: int) -> Routes:
        found: dict[Prefix, frozenset[str]] = {}
        for route in static_routes(PLAN, PLAN.node(node)) if protocol == 4 else ():
            if (route.prefix, route.interface) != (OWN, interface):
                found[route.prefix] = found.get(route.prefix, frozenset()) | {route.interface}
        return found

    return routes_of


def test_that_of_one_interface_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "routes_of", kernel_without("r6-r7"))
    assert verify.static_problems(PLAN) == [
        "r6: no route to 5f00:60::/32, a uN SID (`testbed up` repairs it)"
    ]
    (missing,) = verify.missing_routes(PLAN)["r6"]
    assert missing.interface == "r6-r7"


def test_nothing_is_missed_where_all_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "routes_of", kernel_without(""))
    assert verify.static_problems(PLAN) == []
