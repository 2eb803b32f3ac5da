"""What links carry: bytes per second at routers' interfaces, in the link's own direction."""

from __future__ import annotations

import pytest

from testbed.backbone.traffic import Counters, rates
from testbed.plan.model import Plan, Role
from tests.paper_plan import paper_plan


def read(plan: Plan, sent: int, received: int) -> Counters:
    """All routers' interfaces at the same counters."""
    return {port: (sent, received) for r in plan.routers for port in plan.ports_of(r.name)}


def test_megabits_from_the_first_end_and_back() -> None:
    plan = paper_plan()
    found = rates(plan, read(plan, 1000, 0), read(plan, 251_000, 125_000), 0.5)
    assert set(found) == {link.a for link in plan.links}
    for link in plan.links:
        is_routers = plan.node(link.a.node).role is Role.ROUTER
        forth, back = (4.0, 2.0) if is_routers else (2.0, 4.0)
        assert found[link.a] == pytest.approx((forth, back))


def test_counters_that_began_anew_are_no_traffic_and_a_new_interface_is_unknown() -> None:
    plan = paper_plan()
    after = read(plan, 0, 0)
    assert set(rates(plan, read(plan, 1000, 1000), after, 0.5).values()) == {(0.0, 0.0)}
    assert rates(plan, {}, after, 0.5) == {}
