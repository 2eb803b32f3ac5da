"""Intents become routes, segment lists and policies; or words for why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.engine.compute.cspf import Infeasible, find_path
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Weight, cost
from testbed.engine.decide.decide import Decided, Decision, decide
from testbed.engine.decide.load import shares
from testbed.engine.decide.policies import policies_of
from testbed.engine.decide.route import Route, astray
from testbed.engine.decide.setting import Setting, setting_of
from testbed.engine.decide.wanted import constraints_of
from testbed.engine.from_plan import network_of
from testbed.engine.intents.model import Disjoint, Intent, Optimise, Resources
from testbed.engine.network import Network
from testbed.engine.segments.expand import expand
from testbed.engine.segments.segment import NodeSegment
from tests.engine_networks import both_ways, network, networks, wired
from tests.paper_plan import paper_plan

SQUARE = wired("a-r1 r1-r2 r2-r3 r1-r4=15 r4-r3=15 r3-b")


def intent(name: str = "one", **more: object) -> Intent:
    return replace(Intent(name, ("a",), ("b",)), **more)  # type: ignore[arg-type]


def setting_for(net: Network, ends: tuple[str, ...] = ("a", "b"), most: int = 3) -> Setting:
    names = {a.link: a.link for a in net.adjacencies}
    places = {name: place for place, name in enumerate(ends)}
    return Setting(places, (4, 6), net.nodes - set(ends), names, most)


def decided(net: Network, *intents: Intent, most: int = 3) -> tuple[Decided, ...]:
    return decide(intents, net, setting_for(net, most=most)).decided


def only(net: Network, one: Intent, most: int = 3) -> Decided:
    (found,) = decided(net, one, most=most)
    return found


def route_of(net: Network, one: Intent, most: int = 3) -> Route:
    found = only(net, one, most)
    assert found.primary is not None, found.reason
    return found.primary


def nodes(route: Route | None) -> str:
    return " ".join(route.nodes) if route else "-"


def listed(route: Route) -> list[str]:
    return list(map(str, route.segments))


def test_without_constraints_the_endpoint_alone_is_the_list() -> None:
    route = route_of(SQUARE, intent())
    assert (nodes(route), listed(route), route.cost) == ("a r1 r2 r3 b", ["b"], 40)


def test_what_is_avoided_costs_a_waypoint() -> None:
    route = route_of(SQUARE, intent(avoid=Resources(nodes=frozenset({"r2"}))))
    assert (nodes(route), listed(route), route.cost) == ("a r1 r4 r3 b", ["r4", "b"], 50)


def test_all_paths_of_equal_cost_are_used_where_all_are_allowed() -> None:
    even = wired("a-r1 r1-r2 r2-r3 r1-r4 r4-r3 r3-b")
    route = route_of(even, intent())
    assert listed(route) == ["b"]
    assert {a.link for a in route.adjacencies} >= {"r1-r2", "r1-r4"}
    assert shares(Routing(even), route)["r1", "r2", "r1-r2"] == 0.5


def test_a_strict_intent_says_the_fewest_constraints_that_conflict() -> None:
    avoid = Resources(nodes=frozenset({"r2", "r4"}), links=frozenset({"r1-r2"}))
    found = only(SQUARE, intent(avoid=avoid))
    assert (found.status, found.primary) == ("Unsatisfiable", None)
    assert found.reason == "no path from a to b with: avoid node r2; avoid node r4"


def test_best_effort_misses_as_little_as_can_be() -> None:
    avoid = Resources(nodes=frozenset({"r2", "r4"}))
    found = only(SQUARE, intent(avoid=avoid, strict=False))
    assert (found.status, found.reason) == ("Degraded", "missed: avoid node r2")
    assert nodes(found.primary) == "a r1 r2 r3 b"


def test_a_list_that_is_too_long_is_refused_with_the_shortest_there_is() -> None:
    avoid = intent(avoid=Resources(nodes=frozenset({"r2"})))
    assert only(SQUARE, avoid, most=2).status == "Satisfied"
    found = only(SQUARE, avoid, most=1)
    assert found.status == "Unsatisfiable"
    assert found.reason == "at least 2 segments are needed (r4, b), 1 are allowed"
    best = only(SQUARE, replace(avoid, strict=False), most=1)
    assert (best.status, best.reason) == ("Degraded", "missed: avoid node r2")


def test_nothing_passes_through_an_overloaded_node() -> None:
    route = route_of(replace(SQUARE, overloaded=frozenset({"r2"})), intent())
    assert (nodes(route), listed(route)) == ("a r1 r4 r3 b", ["b"])


def test_a_node_that_is_not_there_and_a_part_that_is_cut_off() -> None:
    assert only(wired("a-r1"), intent()).reason == "b is not in the network"
    assert only(wired("a-r1 r2-b"), intent()).reason == "no path from a to b at all"


def test_delay_is_least_and_limited() -> None:
    slow = network(
        *(both_ways(x, y) for x, y in (("a", "r1"), ("r3", "b"))),
        both_ways("r1", "r3", delay_us=9000),
        both_ways("r1", "r2", delay_us=1000),
        both_ways("r2", "r3", delay_us=1000),
    )
    assert nodes(route_of(slow, intent())) == "a r1 r3 b"
    fast = route_of(slow, intent(optimise="delay"))
    assert (nodes(fast), fast.cost, listed(fast)) == ("a r1 r2 r3 b", 2000, ["r2", "b"])
    assert nodes(route_of(slow, intent(max_delay_us=5000))) == "a r1 r2 r3 b"
    late = only(slow, intent(max_delay_us=500))
    assert late.reason == "no path from a to b with: delay of at most 500 µs"


def test_affinities_and_groups_are_required_of_links_between_routers_only() -> None:
    gold = network(
        *(both_ways(x, y) for x, y in (("a", "r1"), ("r3", "b"), ("r1", "r3"))),
        both_ways("r1", "r2", affinity=["gold"], srlg=["sea"]),
        both_ways("r2", "r3", affinity=["gold"], srlg=["sea"]),
    )
    for wanted in (Resources(affinity=frozenset({"gold"})), Resources(srlg=frozenset({"sea"}))):
        assert nodes(route_of(gold, intent(require=wanted))) == "a r1 r2 r3 b"


def capacities(*left: float) -> Network:
    """Two ways, the upper of metric 10 and the lower of 15 a link."""
    upper, lower = left
    return network(
        *(both_ways(x, y) for x, y in (("a", "r1"), ("r3", "b"))),
        *(both_ways(x, y, capacity_mbit=upper) for x, y in (("r1", "r2"), ("r2", "r3"))),
        *(both_ways(x, y, 15, capacity_mbit=lower) for x, y in (("r1", "r4"), ("r4", "r3"))),
    )


def test_bandwidth_of_one_intent_is_not_there_for_the_next() -> None:
    one, two = (
        intent(f"of-ipv{family}", families=(family,), bandwidth_mbit=60.0) for family in (4, 6)
    )
    found = decided(capacities(100, 100), one, two)
    assert [nodes(each.primary) for each in found] == ["a r1 r2 r3 b", "a r1 r4 r3 b"]
    _, lost = decided(capacities(100, 50), one, two)
    assert lost.reason == (
        "no path from a to b with: capacity of at least 60 Mbit/s; "
        "r1 → r2 has 40 Mbit/s left; r1 → r4 has 50 Mbit/s left"
    )


def test_two_families_divide_where_no_path_has_room_for_both() -> None:
    found = decided(capacities(100, 100), intent(bandwidth_mbit=60.0))
    assert [(one.ask.families, nodes(one.primary)) for one in found] == [
        ((4,), "a r1 r2 r3 b"),
        ((6,), "a r1 r4 r3 b"),
    ]


def test_spare_bandwidth_is_that_of_the_fullest_link() -> None:
    net = capacities(40, 100)
    assert nodes(route_of(net, intent(optimise="spare-bandwidth"))) == "a r1 r4 r3 b"
    busy = intent("busy", families=(4,), bandwidth_mbit=80.0)
    found = decided(net, busy, intent("idle", families=(6,), optimise="spare-bandwidth"))
    assert [nodes(one.primary) for one in found] == ["a r1 r4 r3 b", "a r1 r2 r3 b"]


def test_protection_stands_by_without_a_common_node() -> None:
    found = only(SQUARE, intent(protect=True))
    assert (nodes(found.primary), nodes(found.backup)) == ("a r1 r2 r3 b", "a r1 r4 r3 b")
    assert found.apart == "node"


def test_two_disjoint_paths_are_found_where_the_best_path_is_in_the_way() -> None:
    """The shortest path takes one link of both: the trap of whoever seeks one after the other."""
    trap = wired("a-s s-p=1 p-q=1 q-t=1 s-q=9 p-t=9 t-b")
    found = only(trap, intent(protect=True))
    assert {nodes(found.primary), nodes(found.backup)} == {"a s p t b", "a s q t b"}
    group = {"families": (4,), "disjoint": Disjoint("g")}
    one, two = decided(trap, intent("one", **group), intent("two", **{**group, "families": (6,)}))
    assert {nodes(one.primary), nodes(two.primary)} == {"a s p t b", "a s q t b"}


def test_no_second_path_degrades_and_says_what_every_path_uses() -> None:
    found = only(wired("a-r1 r1-r2 r2-b"), intent(protect=True))
    assert (found.status, nodes(found.primary)) == ("Degraded", "a r1 r2 b")
    assert found.reason == "no second path: every path uses link r1-r2"


def test_a_group_that_cannot_be_apart_names_the_other_intent() -> None:
    group = Disjoint("g")
    one = intent("one", families=(4,), disjoint=group)
    two = intent("two", families=(6,), disjoint=group)
    _, lost = decided(wired("a-r1 r1-r2 r2-b"), one, two)
    assert lost.status == "Unsatisfiable"
    assert lost.reason == "no path from a to b with: apart from one (link)"


def test_the_intent_that_names_its_ends_counts_before_a_pattern() -> None:
    every = Intent("every", ("all",), ("all",))
    close = intent("close", families=(4,), avoid=Resources(nodes=frozenset({"r2"})))
    found = decide([every, close], SQUARE, setting_for(SQUARE))
    asked = {(one.ask.intent.name, one.ask.source, one.ask.families) for one in found.decided}
    assert asked == {("close", "a", (4,)), ("every", "a", (6,)), ("every", "b", (4, 6))}
    assert [(o.intent, o.family, o.by) for o in found.overruled] == [("every", 4, "close")]


def test_a_list_is_held_against_the_network_before_it_is_sent() -> None:
    route = route_of(SQUARE, intent(avoid=Resources(nodes=frozenset({"r2"}))))
    routing = Routing(SQUARE)
    assert astray(routing, route) is None
    short = replace(route, segments=(NodeSegment("b"),))
    assert astray(routing, short) == "packets with this list would also take r1-r2"
    back = replace(route, segments=(NodeSegment("r4"), NodeSegment("r1"), NodeSegment("b")))
    assert astray(routing, back) is not None
    lost = replace(route, segments=(NodeSegment("r4"),))
    assert astray(routing, lost) == "packets with this list do not arrive at b"


@pytest.mark.parametrize("protect", [False, True])
def test_policies_of_the_papers_lab_have_one_key_each(protect: bool) -> None:
    plan = paper_plan()
    every = Intent("every", ("all",), ("all",), protect=protect)
    found = decide([every], network_of(plan), setting_of(plan))
    sids = {node.name: node.cluster.local_sids for node in plan.cluster if node.cluster}
    changes = policies_of(plan, found.decided, {"every": 7}, sids)
    assert len({change.policy for change in changes}) == len(changes) == (20 if protect else 12)
    first = next(c for c in changes if c.name.startswith("every.worker1.worker2.v4"))
    assert first.candidate is not None
    assert first.candidate.head_ends == ("worker1",)
    assert first.candidate.family == 4
    assert first.candidate.preference == 200


INTENTS = st.builds(
    replace,
    st.just(Intent("one", ("n0",), ("n1",), (4,))),
    optimise=st.sampled_from(["igp", "delay", "hops"]),
    avoid=st.builds(
        Resources,
        nodes=st.frozensets(st.sampled_from(["n2", "n3", "n4"]), max_size=2),
        affinity=st.frozensets(st.sampled_from(["gold", "lossy"]), max_size=1),
    ),
    require=st.builds(Resources, nodes=st.frozensets(st.sampled_from(["n2", "n3"]), max_size=1)),
    strict=st.booleans(),
    protect=st.booleans(),
)


@given(networks(), INTENTS)
def test_every_route_is_the_best_and_is_what_packets_do(net: Network, one: Intent) -> None:
    setting = setting_for(net, ("n0", "n1"), most=9)
    found = decide([one], net, setting)
    assert found == decide([one], net, setting)
    (result,) = found.decided
    optimum = find_path(
        net, "n0", "n1", constraints_of(result.ask, setting.link_names), weight(one.optimise)
    )
    if isinstance(optimum, Infeasible):
        assert result.status != "Satisfied"
    elif result.backup is None:
        assert result.primary is not None
        assert result.primary.cost == cost(optimum, weight(one.optimise))
    for route in filter(None, (result.primary, result.backup)):
        _follow(found, route, one)


def weight(optimise: Optimise) -> Weight:
    assert optimise != "spare-bandwidth"
    return optimise


def _follow(found: Decision, route: Route, one: Intent) -> None:
    expansion = expand(found.routing, "n0", route.segments)
    assert expansion.end == "n1"
    met = {end for a in expansion.adjacencies for end in (a.tail, a.head)}
    if one.strict:
        assert not met & one.avoid.nodes
        assert one.require.nodes <= met
