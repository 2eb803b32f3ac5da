"""Detours for policies of people: what they take while a waypoint is gone."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.engine.compute.spf import Routing
from testbed.engine.decide.detour import Guarded, Way, route_of, way_of
from testbed.engine.decide.waypoints import waypoints_of
from testbed.engine.decide.what_if import with_down
from testbed.engine.from_plan import network_of
from testbed.engine.network import Network
from testbed.plan.model import Plan
from testbed.srpolicy.model import Candidate, Segment, SegmentList
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full")
LAST = IPv6Address("fcdd::12aa:d460:b250:45:b04")
ROUTERS = [router.name for router in PLAN.routers]


def sid(word: str, plan: Plan = PLAN) -> IPv6Address:
    """Of a node, or of the adjacency out of an interface."""
    ports = plan.adjacencies.items()
    found = [x for x, (own, _) in ports if own.interface == word]
    return found[0] if found else plan.address_v6(word)


def listed(*words: str, weight: int = 1, plan: Plan = PLAN) -> SegmentList:
    waypoints = (Segment(sid(word, plan)) for word in words)
    return SegmentList((*waypoints, Segment(LAST, 19)), weight)


def candidate(*lists: SegmentList, preference: int = 100) -> Candidate:
    return Candidate(IPv6Address("fd12::1000"), lists, 20, 1, preference)


def on(network: Network, *candidates: Candidate, plan: Plan = PLAN) -> Way:
    guarded = Guarded("mine", "worker1", "worker2", 4, candidates)
    return way_of(Routing(network), waypoints_of(plan, network), guarded)


def without(nodes: Sequence[str] = (), links: Sequence[str] = ()) -> Network:
    return with_down(network_of(PLAN), nodes, links)


def test_what_is_there_goes_its_own_way() -> None:
    mine = candidate(listed("r6"), listed("r7", weight=3))
    way = on(without(), mine)
    assert (way.lists, way.gone, way.how) == (mine.segment_lists, (), "")
    assert [str(one) for one in way.segments] == ["r7", "worker2"]  # of the list with more weight
    assert not on(without(["r4"]), mine).gone


def test_its_other_segment_lists_come_first() -> None:
    mine = candidate(listed("r7", weight=3), listed("r5"))
    way = on(without(["r7"]), mine, candidate(listed("r6"), preference=50))
    assert way == Way((listed("r5"),), way.segments, ("r7",), "by its other segment lists")


def test_then_its_next_candidate_that_arrives() -> None:
    others = (candidate(listed("r7", "r8"), preference=60), candidate(listed("r5"), preference=50))
    way = on(without(["r7"]), candidate(listed("r7")), *others)
    assert (way.lists, way.how) == ((listed("r5"),), "by its candidate with preference 50")


def test_then_the_waypoints_that_are_left_in_their_order() -> None:
    way = on(without(["r7"]), candidate(listed("r5", "r7", "r6")))
    assert (way.lists, way.gone, way.how) == ((listed("r5", "r6"),), ("r7",), "without r7")


def test_without_any_it_is_the_shortest_path() -> None:
    way = on(without(["r7"]), candidate(listed("r7", weight=2), listed("r7", "r7", weight=3)))
    assert way.lists == (SegmentList((Segment(LAST, 19),), 5),)
    assert [str(one) for one in way.segments] == ["worker2"]


def test_the_sid_of_an_adjacency_goes_with_its_link() -> None:
    mine = candidate(listed("r4-r5"))
    assert not on(without(), mine).gone
    way = on(without(links=["r4-r5"]), mine)
    assert (way.gone, way.how) == (("r4-r5",), "without r4-r5")
    assert way.lists == (SegmentList((Segment(LAST, 19),)),)


def test_a_waypoint_that_nothing_leads_to_is_gone() -> None:
    """Its LSP stays in the databases of others."""
    links = [a.link for a in network_of(PLAN).adjacencies if a.tail == "r7"]
    assert on(without(links=links), candidate(listed("r7"))).gone == ("r7",)


def test_where_nothing_leads_to_the_endpoint_there_is_none() -> None:
    way = on(without(["r8"]), candidate(listed("r7")))
    assert way.lists == () and way.segments == ()
    assert on(without(["worker2"]), candidate(listed("r7"))).lists == ()


def test_an_address_of_nobody_is_gone() -> None:
    nobody = SegmentList((Segment(IPv6Address("fcff:99::1")), Segment(LAST, 19)))
    assert on(without(), candidate(nobody)).gone == ("fcff:99::1",)


def test_containers_stay_compressed() -> None:
    plan = shipped_plan("full", encoding="usid")
    network = with_down(network_of(plan), ["r7"], ())
    end = plan.node("worker2").cluster
    assert end is not None
    whole = SegmentList((Segment(IPv6Address("5f00:50:70:60:e034::"), 19),))
    way = on(network, candidate(whole), plan=plan)
    assert way.lists == (SegmentList((Segment(IPv6Address("5f00:50:60:e034::"), 19),)),)
    assert way.gone == ("r7",)


@settings(max_examples=150, deadline=None)
@given(
    words=st.lists(st.lists(st.sampled_from(ROUTERS), max_size=3), min_size=1, max_size=3),
    gone=st.lists(st.sampled_from(ROUTERS), max_size=3),
)
def test_what_is_announced_arrives(words: list[list[str]], gone: list[str]) -> None:
    network = without(gone)
    routing, known = Routing(network), waypoints_of(PLAN, network)
    way = on(network, candidate(*(listed(*each) for each in words)))
    reached = routing.distance("worker1", "worker2") is not None
    assert bool(way.lists) == reached
    for item in way.lists:
        segments = tuple(known(x).segment for x in item.sids[:-1])
        assert None not in segments
    route = route_of(routing, "worker1", way.segments)
    assert (route is not None) == reached
    if route is not None:
        assert (route.nodes[0], route.nodes[-1]) == ("worker1", "worker2")
        assert not {*route.nodes} & {*gone}


@pytest.mark.parametrize("words", [["r7"], ["r4-r5"], []])
def test_a_path_is_walked_over_every_segment(words: list[str]) -> None:
    routing = Routing(without())
    way = on(without(), candidate(listed(*words)))
    route = route_of(routing, "worker1", way.segments)
    assert route is not None and set(route.path) <= route.adjacencies
