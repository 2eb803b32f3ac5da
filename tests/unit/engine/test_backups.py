"""Backups of routers: all that the graph allows, and by old routes packets arrive with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.engine.compute.spf import Routing
from testbed.engine.from_plan import network_of
from testbed.engine.network import Adjacency, Network
from testbed.engine.repair.backups import NOTHING_ELSE, Backup, Repairs
from testbed.engine.repair.destinations import Announced, destinations, with_destinations
from testbed.engine.repair.failure import Failure, without
from testbed.engine.repair.routes import MAIN, TABLE, RepairPlan
from testbed.engine.segments.segment import AdjacencySegment
from testbed.plan.model import Plan, Repair
from testbed.plan.mtu import REPAIR_SEGMENTS
from testbed.plan.spf import find_originators
from tests.engine_networks import both_ways, networks, simple_paths, wired
from tests.engine_networks import network as drawn
from tests.shipped_plans import shipped_plan

SHIPPED = ("backbone", "basic", "full", "grid", "rack", "star")
KINDS: tuple[Repair, ...] = ("link", "node")


def live(plan: Plan) -> tuple[Network, Announced]:
    """What IS-IS says where everything is as planned."""
    whole, names = network_of(plan), plan.router_names
    inside = tuple(a for a in whole.adjacencies if {a.tail, a.head} <= names)
    announced: dict[str, dict[object, int]] = {name: {} for name in names}
    for prefix, metrics in find_originators(plan).items():
        for router, metric in metrics.items():
            announced[router][prefix] = metric
    return Network(names, inside), announced  # type: ignore[return-value]


def backups(plan: Plan, kind: Repair) -> list[Backup]:
    repairs = Repairs(*live(plan), REPAIR_SEGMENTS)
    return [backup for router in sorted(plan.router_names) for backup in repairs.of(router, kind)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("topology", SHIPPED)
def test_shipped_topologies_have_all_that_the_graph_allows(topology: str, kind: Repair) -> None:
    plan = shipped_plan(topology)
    network, announced = live(plan)
    behind = with_destinations(network, announced)
    for backup in backups(plan, kind):
        if backup.how == "none":
            assert backup.why == NOTHING_ELSE
            (used,) = backup.uses
            left = Routing(without(behind, Failure("link", used.link)))
            assert not left.next_hops(backup.router, backup.destination.node)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("topology", SHIPPED)
def test_by_old_routes_no_branch_of_a_repair_meets_what_failed(topology: str, kind: Repair) -> None:
    plan = shipped_plan(topology)
    routing = Routing(with_destinations(*live(plan)))
    for backup in backups(plan, kind):
        assert backup.how != "ecmp" or len(backup.uses) > 1
        if backup.first is not None:
            assert backup.against is not None
            taken = [backup.first, *branches(routing, backup)]
            assert not any(backup.against.takes(adjacency) for adjacency in taken), backup


def branches(routing: Routing, backup: Backup) -> Iterator[Adjacency]:
    """Every adjacency that a repaired packet can take after its first."""
    assert backup.first is not None
    at = backup.first.head
    for segment in backup.segments:
        if isinstance(segment, AdjacencySegment):
            yield from routing.all_shortest(at, segment.adjacency.tail)
            yield segment.adjacency
        else:
            yield from routing.all_shortest(at, segment.end)
        at = segment.end
    if at not in backup.destination.originators:
        yield from routing.all_shortest(at, backup.destination.node)


def test_neighbours_are_avoided_where_that_is_wanted() -> None:
    plan = shipped_plan("full")
    found = {k: {(b.router, b.destination.node): b for b in backups(plan, k)} for k in KINDS}
    for key, backup in found["node"].items():
        if backup.first is not None and backup.against == Failure("node", backup.uses[0].head):
            assert found["link"][key].against == Failure("link", backup.uses[0].link)
    assert str(found["node"]["r2", "r4"].against) == "node r3"
    assert str(found["node"]["r2", "r3"].against) == "link r2-r3"  # r3 is where it goes


DUCT = Failure("link", "a-b", ("duct",))


def at_a(given: Network, target: str, kind: Repair = "link") -> Backup:
    """What a has for a target that announces a prefix."""
    announced: Announced = {target: {SUBNET: 0}}
    (found,) = Repairs(given, announced, REPAIR_SEGMENTS).of("a", kind)
    return found


def square(**risks: str) -> Network:
    """a to b at once, or by c, or, which costs most, by d; `ab="duct"`: its risk group."""

    def link(a: str, b: str, metric: int) -> tuple[Adjacency, Adjacency]:
        return both_ways(a, b, metric, srlg=filter(None, [risks.get(a + b)]))

    links = (link("a", "b", 10), link("a", "c", 10), link("c", "b", 10))
    return drawn(*links, link("a", "d", 50), link("d", "b", 50))


def test_a_backup_avoids_all_links_of_a_risk_group() -> None:
    found = at_a(square(ab="duct", ac="duct"), "b")
    assert (found.first and found.first.head, found.against) == ("d", DUCT)
    assert (found.risks, found.withstands) == (("duct",), ("link", "srlg"))
    far = at_a(square(ab="duct", cb="duct"), "b")
    assert (far.first and far.first.head, far.against) == ("d", DUCT), "those of others too"
    other = at_a(square(ab="duct", ac="bridge"), "b")
    assert other.first and other.first.head == "c"


def test_else_the_routers_own_links_of_it_and_else_the_link_alone() -> None:
    own = at_a(square(ab="duct", ac="duct", db="duct"), "b")
    assert own.first and own.first.head == "d"
    assert (own.against, own.withstands) == (replace(DUCT, at="a"), ("link", "local-srlg"))
    link = at_a(square(ab="duct", ac="duct", ad="duct"), "b")
    assert link.first and link.first.head == "c"
    assert (link.against, link.withstands) == (Failure("link", "a-b"), ("link",))


def test_equal_next_hops_that_may_fail_together_have_a_backup_for_that() -> None:
    def both_by(first: str, second: str) -> Network:
        links = (both_ways("a", "b", srlg=[first]), both_ways("a", "c", srlg=[second]))
        rest = (
            both_ways("b", "z"),
            both_ways("c", "z"),
            both_ways("a", "d"),
            both_ways("d", "z", 90),
        )
        return drawn(*links, *rest)

    together = at_a(both_by("duct", "duct"), "z")
    assert (len(together.uses), together.how, str(together.against)) == (2, "segments", "srlg duct")
    assert together.withstands == ("link", "node", "srlg")
    apart = at_a(both_by("duct", "bridge"), "z")
    assert (apart.how, apart.against, apart.withstands) == ("ecmp", None, ("link", "node"))


def test_a_neighbour_is_avoided_rather_than_a_risk_group_and_best_both() -> None:
    """To z by b; by c, too, which has a link in the duct; and by d and its dear link."""

    def by(*in_duct: str) -> Network:
        links = (("a", "b", 10), ("b", "z", 10), ("a", "c", 20), ("c", "z", 20), ("a", "d", 90))
        made = (
            both_ways(x, y, metric, srlg=["duct"] if x + y in in_duct else [])
            for x, y, metric in (*links, ("d", "b", 10))
        )
        return drawn(*made)

    assert str(at_a(by("ab"), "z", "node").against) == "node b, srlg duct"
    neighbour = at_a(by("ab", "ac"), "z", "node")
    assert neighbour.first and neighbour.first.head == "c"
    assert (str(neighbour.against), neighbour.withstands) == ("node b", ("link", "node"))
    risk = at_a(by("ab", "ac"), "z", "link")
    assert risk.first and (risk.first.head, risk.withstands) == ("d", ("link", "srlg"))


@settings(max_examples=60, deadline=None)
@given(networks(most=6, groups=2), st.sampled_from(KINDS))
def test_backups_are_the_best_that_brute_force_finds(given_net: Network, kind: Repair) -> None:
    announced: Announced = {
        name: {ip_network(f"10.0.{number}.0/24"): 0}
        for number, name in enumerate(sorted(given_net.nodes))
    }
    routing = Routing(given_net)
    repairs = Repairs(given_net, announced, most_segments=20)
    for router in sorted(given_net.nodes):
        for backup in repairs.of(router, kind):
            possible = (
                lost
                for lost in worst_first(given_net, backup, kind)
                if simple_paths(left_after(given_net, lost), router, backup.destination.node)
            )
            best = next(possible, None)
            if backup.first is None:
                assert best is None
                assert (backup.how == "ecmp") is (len(backup.uses) > 1)
                continue
            assert backup.against is not None
            assert set(filter(backup.against.takes, given_net.adjacencies)) == best
            assert set(backup.uses) <= best
            taken = {backup.first, *branches(routing, backup)}
            assert not taken & best


def worst_first(given_net: Network, backup: Backup, kind: Repair) -> Iterator[set[Adjacency]]:
    """Adjacencies that may all fail with the backup's next hops."""
    every, uses = set(given_net.adjacencies), backup.uses
    shared = set.intersection(*(set(use.srlg) for use in uses))
    group = {a for a in every if a.srlg & shared}
    own = {a for a in group if backup.router in (a.tail, a.head)}
    heads = {use.head for use in uses}
    if kind == "node" and len(heads) == 1 and heads != {backup.destination.node}:
        node = {a for a in every if {a.tail, a.head} & heads}
        yield from (node | group, node | own, node)
    link = {a for a in every if len(uses) == 1 and a.link == uses[0].link}
    yield from (lost for lost in (link | group, link | own, link) if set(uses) <= lost)


def left_after(given_net: Network, lost: set[Adjacency]) -> Network:
    return replace(given_net, adjacencies=tuple(a for a in given_net.adjacencies if a not in lost))


SUBNET = ip_network("10.0.0.0/16")
RING: Announced = {
    "a": {ip_network("10.255.0.1/32"): 0},
    "b": {SUBNET: 10},
    "c": {SUBNET: 10, ip_network("10.255.0.3/32"): 0},
    "d": {},
}


def test_prefixes_are_grouped_by_who_announces_them() -> None:
    found = {one.node: sorted(one.originators) for one in destinations(RING)}
    assert found == {"10.0.0.0/16": ["b", "c"], "a": ["a"], "c": ["c"]}


def test_the_nearest_of_those_who_announce_a_prefix_counts_before_and_after() -> None:
    repairs = Repairs(wired("a-b b-c c-d d-a"), RING, 2)
    (found,) = (b for b in repairs.of("a", "link") if len(b.destination.originators) > 1)
    assert [adjacency.link for adjacency in found.uses] == ["a-b"]
    assert found.first is not None
    assert found.first.link == "d-a"  # d sends it to c, and not back to b


def test_a_list_that_is_too_long_is_said() -> None:
    ring = wired("a-b b-c c-d d-e=50 e-f f-a")
    announced: Announced = {"b": {SUBNET: 0}}
    (found,) = Repairs(ring, announced, 0).of("a", "link")
    assert (found.how, found.why) == ("none", "its repair has more than 0 segments")


def test_a_destination_with_an_overloaded_router_among_several_is_said() -> None:
    whole = wired("a-b b-c c-d d-a")
    closed = Network(whole.nodes, whole.adjacencies, frozenset({"c"}))
    assert (
        "overload bit"
        in {b.destination.node: b for b in Repairs(closed, RING, 2).of("a", "link")}[
            str(SUBNET)
        ].why
    )


def lines(router: str, kind: Repair) -> dict[str, str]:
    plan = shipped_plan("full")
    routes = RepairPlan(plan)
    found = routes.backups(b for b in backups(plan, kind) if b.router == router)
    return {str(route.place.prefix): route.line for route in found}


def test_routes_of_a_kernel() -> None:
    found = lines("r8", "node")
    here = f"dev r8-r7 table {TABLE} proto 203"
    assert found["fcff:6::1/128"] == f"fcff:6::1/128 via fcf0:0:7:8::1 onlink {here}"
    assert found["fcff:4::1/128"] == (
        f"fcff:4::1/128 encap seg6 mode encap.red segs 5f00:0:3:d006:: {here}"
    )
    # r3 as an End SID, then what unpacks in r5
    assert found["fcf0:0:5:6::/64"] == (
        f"fcf0:0:5:6::/64 encap seg6 mode encap segs fcff:3::1,5f00:0:5:d006:: {here}"
    )
    assert found["10.7.0.0/16"] == (
        f"10.7.0.0/16 encap seg6 mode encap segs fcff:3::1,5f00:0:5:d004:: {here}"
    )
    # r6's End.X to r8, then what unpacks in r8
    assert (
        "segs 5f00:0:6:e004::,5f00:0:8:d006:: dev r2-r3" in lines("r2", "node")["fcf0:0:7:8::/64"]
    )


def test_repaired_packets_are_unpacked_whatever_link_is_left() -> None:
    found = [route.line for route in RepairPlan(shipped_plan("full")).unpacking("r1")]
    first = f"dev r1-r2 table {MAIN} proto 203 metric 1"
    assert found[:2] == [
        f"5f00:0:1:d006::/128 encap seg6local action End.DT6 table {MAIN} {first}",
        f"5f00:0:1:d004::/128 encap seg6local action End.DX4 nh4 0.0.0.0 {first}",
    ]
    assert "local fcff:1::1/128  dev lo table 254 proto 203" in found


def test_next_hops_by_which_a_router_knows_that_isis_has_converged() -> None:
    plan = shipped_plan("full")
    hops = RepairPlan(plan).next_hops(b for b in backups(plan, "link") if b.router == "r3")
    assert hops[ip_network("fcff:8::1/128")] == {"r3-r2", "r3-r4"}
    assert hops[ip_network("fcff:6::1/128")] == {"r3-r4"}
