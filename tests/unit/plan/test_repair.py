"""Local repair as an option of a plan: what it may be, and the room that its headers need."""

from __future__ import annotations

from testbed.plan.mtu import overhead
from testbed.plan.validate import validate
from testbed.render.network import sysctls
from tests.shipped_plans import shipped_plan


def test_the_paper_has_none_and_it_can_be_switched_on() -> None:
    assert shipped_plan("full").repair == "off"
    assert shipped_plan("full", repair="node").repair == "node"


def test_links_between_routers_keep_room_for_a_repair_list() -> None:
    plan = shipped_plan("full")
    link = next(x for x in plan.links if {x.a.node, x.b.node} <= plan.router_names)
    wide = plan.model_copy(
        update={
            "links": tuple(x.model_copy(update={"mtu": 1500}) for x in plan.links),
        }
    )
    repaired = wide.model_copy(update={"repair": "link"})
    assert wide.mtu_for_tunnels(link) - repaired.mtu_for_tunnels(link) == overhead(3)
    assert wide.pod_mtu - repaired.pod_mtu == overhead(3)
    assert shipped_plan("full", repair="link").pod_mtu == plan.pod_mtu  # 1380 to the nodes


def test_a_link_without_that_room_is_named() -> None:
    plan = shipped_plan("full", repair="link")
    tight = plan.model_copy(
        update={"links": tuple(x.model_copy(update={"mtu": 1400}) for x in plan.links)}
    )
    found = [one for one in validate(tight) if "96 of local repair" in one.what]
    assert found
    assert "raise the link's mtu to 1472" in found[0].fix


def test_a_carrier_that_is_gone_counts_as_a_link_that_is_down() -> None:
    name = "ipv6/conf/all/ignore_routes_with_linkdown"
    plan = shipped_plan("full")
    assert name not in sysctls(plan, plan.node("r1"))
    plan = shipped_plan("full", repair="link")
    assert sysctls(plan, plan.node("r1"))[name] == "1"
    assert name not in sysctls(plan, plan.node("worker1"))
