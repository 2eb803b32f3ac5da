"""Shortest paths with all equal-cost branches, against enumeration."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import UNUSED_METRIC, Weight
from testbed.engine.network import Network
from tests.engine_networks import (
    both_ways,
    network,
    networks,
    paper_backbone,
    shortest_paths,
    wired,
)


def hops(routing: Routing, at: str, target: str) -> list[str]:
    return [a.head for a in routing.next_hops(at, target)]


def test_all_equal_branches_are_next_hops() -> None:
    routing = Routing(paper_backbone())
    assert hops(routing, "r3", "r8") == ["r2", "r4"]
    assert routing.distance("r3", "r8") == 30
    assert hops(routing, "r8", "r8") == []


def test_parallel_links_of_equal_metric_share() -> None:
    routing = Routing(
        network(both_ways("a", "b", link="x"), both_ways("a", "b", link="y")),
    )
    assert [a.link for a in routing.next_hops("a", "b")] == ["x", "y"]


def test_nothing_passes_through_an_overloaded_node() -> None:
    short, long = both_ways("a", "o", 1), both_ways("o", "b", 1)
    routing = Routing(network(short, long, both_ways("a", "b", 10), overloaded=["o"]))
    assert hops(routing, "a", "b") == ["b"]
    assert routing.distance("a", "o") == 1  # but to it and from it
    assert routing.distance("o", "b") == 1


def test_a_link_with_the_highest_metric_is_not_used() -> None:
    routing = Routing(network(both_ways("a", "b", UNUSED_METRIC)))
    assert routing.distance("a", "b") is None
    assert Routing(routing.network, "hops").distance("a", "b") == 1


def test_a_metric_of_zero_makes_no_loop() -> None:
    routing = Routing(wired("a-b=0 b-c=0 c-a=0 c-d=5"))
    assert hops(routing, "a", "d") == ["c"]
    assert hops(routing, "b", "d") == ["c"]


def test_of_equal_delay_the_path_with_fewer_hops_is_taken() -> None:
    routing = Routing(
        network(both_ways("a", "b"), both_ways("b", "c"), both_ways("a", "c", 90)), "delay"
    )
    assert hops(routing, "a", "c") == ["c"]
    assert routing.distance("a", "c") == 0


@settings(max_examples=60, deadline=None)
@given(networks(most=6), st.sampled_from(("igp", "delay", "hops")))
def test_equals_enumeration(given: Network, weight: Weight) -> None:
    routing = Routing(given, weight)
    for source in routing.nodes:
        for target in routing.nodes:
            paths = shortest_paths(given, source, target, weight)
            assert (routing.distance(source, target) is None) == (not paths)
            firsts = {path[0] for path in paths if path}
            assert set(routing.next_hops(source, target)) == firsts
            every = {adjacency for path in paths for adjacency in path}
            assert routing.all_shortest(source, target) == every
            # from the source the same as to the target
            away, to = routing.number[source], routing.number[target]
            assert routing.away_from(away).distance[to] == routing.towards(to).distance[away]


def test_unknown_node() -> None:
    with pytest.raises(KeyError):
        Routing(wired("a-b")).distance("a", "nobody")
