"""What IS-IS must install on the paper's backbone, next hops as sets."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.plan.spf import demanded_routes, path_sets, sid_owner
from tests.paper_plan import backbone_link, grid, paper_plan, router


def via(plan: Plan, at: str, prefix: str) -> set[str] | None:
    found = demanded_routes(plan)[at].get(ip_network(prefix))
    return None if found is None else set(found)


@pytest.mark.parametrize(
    ("at", "prefix", "interfaces"),
    [
        ("r3", "fcff:8::1/128", {"r3-r2", "r3-r4"}),  # the two branches r4-r6 and r2-r7
        ("r8", "fcff:3::1/128", {"r8-r6", "r8-r7"}),
        ("r3", "10.255.0.8/32", {"r3-r2", "r3-r4"}),
        ("r1", "fcff:8::1/128", {"r1-r2"}),
        ("r3", "fcdd:0:0:12aa::/64", {"r3-r2", "r3-r4"}),  # worker2's SID pool
        ("r8", "192.168.11.0/24", {"r8-r6", "r8-r7"}),  # worker1's port
        ("r8", "fd00:0:34::/64", {"r8-r6", "r8-r7"}),  # the injector
        ("r1", "fcff:5:1::/48", {"r1-r2"}),  # a data centre
    ],
)
def test_next_hops(at: str, prefix: str, interfaces: set[str]) -> None:
    assert via(paper_plan(), at, prefix) == interfaces


def test_next_hops_of_all_originators_at_equal_cost_are_united() -> None:
    # r6-r7's subnet: from r4 by r6 only (20); from r8 by r6 and by r7 (20 each)
    assert via(paper_plan(), "r4", "fcf0:0:6:7::/64") == {"r4-r6"}
    assert via(paper_plan(), "r8", "fcf0:0:6:7::/64") == {"r8-r6", "r8-r7"}
    assert via(paper_plan(), "r8", "10.8.0.0/16") == {"r8-r6", "r8-r7"}


@pytest.mark.parametrize(
    ("at", "prefix"),
    [
        ("r3", "fcf0:0:3:4::/64"),
        ("r3", "fcff:3::1/128"),
        ("r8", "fcdd:0:0:12aa::/64"),  # a static route there
        ("r8", "192.168.12.0/24"),
    ],
)
def test_own_prefixes_are_not_demanded(at: str, prefix: str) -> None:
    assert via(paper_plan(), at, prefix) is None


def test_profile_paper_leaves_hosts_out_but_not_data_centres() -> None:
    plan = paper_plan("paper")
    assert via(plan, "r1", "fd00:0:81::/64") is None
    assert via(paper_plan(), "r1", "fd00:0:81::/64") == {"r1-r2"}
    assert via(plan, "r1", "fcff:5:1::/48") == {"r1-r2"}
    assert via(plan, "r1", "fd12::/64") == {"r1-r2"}
    assert via(plan, "r1", "fd00:0:34::/64") == {"r1-r2"}


def test_metrics_and_parallel_links() -> None:
    equal = paper_plan(extra=(backbone_link(20, 3, 4, suffix="b"),))
    assert via(equal, "r3", "fcff:4::1/128") == {"r3-r4", "r3-r4b"}
    dear = paper_plan(extra=(backbone_link(20, 3, 4, metric=11, suffix="b"),))
    assert via(dear, "r3", "fcff:4::1/128") == {"r3-r4"}
    cheap = paper_plan(extra=(backbone_link(20, 3, 4, metric=9, suffix="b"),))
    assert via(cheap, "r3", "fcff:8::1/128") == {"r3-r4b"}


def test_unreachable_parts_are_not_demanded() -> None:
    plan = Plan(topology="x", nodes=(router(1), router(2)), links=())
    assert demanded_routes(plan) == {"r1": {}, "r2": {}}


def test_hundred_routers_in_full() -> None:
    plan = grid(10, 10)
    routes = demanded_routes(plan)
    # all loopbacks but one's own, all links but one's own (a corner has two), both families
    assert len(routes["r1"]) == 2 * (99 + 180 - 2)
    assert routes["r1"][IPv6Network("fcff:64::1/128")] == {"r1-r2", "r1-r11"}
    assert routes["r1"][IPv4Network("10.255.0.2/32")] == {"r1-r2"}


@given(st.integers(2, 4), st.integers(2, 4), st.data())
@settings(max_examples=25, deadline=None)
def test_next_hops_are_exactly_the_first_steps_of_all_shortest_paths(
    rows: int, columns: int, data: st.DataObject
) -> None:
    base = grid(rows, columns)
    metrics = data.draw(
        st.lists(st.integers(1, 3), min_size=len(base.links), max_size=len(base.links))
    )
    links = tuple(
        link.model_copy(update={"metric": m}) for link, m in zip(base.links, metrics, strict=True)
    )
    plan = base.model_copy(update={"links": links})
    graph: nx.Graph[str] = nx.Graph()
    for link in links:
        graph.add_edge(link.a.node, link.b.node, m=link.metric)
    last = plan.routers[-1]
    first_steps = {p[1] for p in nx.all_shortest_paths(graph, "r1", last.name, weight="m")}
    prefix = IPv6Network(f"{last.loopback_v6}/128")
    assert demanded_routes(plan)["r1"][prefix] == {f"r1-{n}" for n in first_steps}


def test_path_sets_between_any_nodes() -> None:
    assert path_sets(paper_plan(), "worker1", "worker2") == [
        ("worker1", "r3", "r2", "r7", "r8", "worker2"),
        ("worker1", "r3", "r4", "r6", "r8", "worker2"),
    ]
    assert path_sets(paper_plan(), "master", "worker1") == [("master", "r3", "worker1")]
    assert path_sets(paper_plan(), "r3", "r3") == [("r3",)]


def test_path_sets_have_a_limit_and_refuse_unknown_names() -> None:
    assert len(path_sets(grid(8, 8), "r1", "r64", most=10)) == 10
    with pytest.raises(TestbedError, match="r99"):
        path_sets(paper_plan(), "r99", "r1")


def test_a_sid_is_owned_by_its_pool_too() -> None:
    plan = paper_plan()
    assert sid_owner(plan, IPv6Address("fcdd::12aa:0:0:0:1")) == "worker2"
    assert sid_owner(plan, IPv6Address("fcff:6::1")) == "r6"
    assert sid_owner(plan, IPv6Address("2001:db8::1")) is None
