"""Constrained paths against enumeration, and the fewest constraints that conflict."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.engine.compute.constraints import Constraints, together
from testbed.engine.compute.cspf import Infeasible, equal_paths, find_path
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Path, Weight, cost, delay_us
from testbed.engine.network import Adjacency, Network
from tests.engine_networks import (
    COLOURS,
    SRLGS,
    both_ways,
    network,
    networks,
    shortest_paths,
    simple_paths,
    wired,
)

SQUARE = network(
    both_ways("a", "b", 1, delay_us=500, affinity=["lossy"], capacity_mbit=10),
    both_ways("b", "d", 1, delay_us=500, srlg=["duct1"]),
    both_ways("a", "c", 5, delay_us=100),
    both_ways("c", "d", 5, delay_us=100),
    both_ways("a", "d", 3, delay_us=900, affinity=["gold"]),
)


def spelled(path: Path | Infeasible) -> str:
    return str(path) if isinstance(path, Infeasible) else "".join(a.head for a in path)


@pytest.mark.parametrize(
    ("constraints", "weight", "expected"),
    [
        (Constraints(), "igp", "bd"),
        (Constraints(), "delay", "cd"),
        (Constraints(), "hops", "d"),
        (Constraints(avoid_nodes=frozenset("b")), "igp", "d"),
        (Constraints(avoid_links=frozenset({"a-b", "a-d"})), "igp", "cd"),
        (Constraints(exclude_any=frozenset({"lossy", "gold"})), "igp", "cd"),
        (Constraints(include_any=frozenset({"gold", "lossy"})), "igp", "d"),
        (Constraints(include_all=frozenset({"gold"})), "igp", "d"),
        (Constraints(avoid_srlgs=frozenset({"duct1"})), "igp", "d"),
        (Constraints(max_delay_us=999), "igp", "d"),
        (Constraints(max_delay_us=300), "igp", "cd"),
        (Constraints(bandwidth_mbit=20), "igp", "d"),
        (Constraints(require_nodes=frozenset("c")), "igp", "cd"),
        (Constraints(require_nodes=frozenset("cb")), "igp", "bacd"),  # a twice
        (Constraints(require_links=frozenset({"c-d"})), "igp", "cd"),
        (
            Constraints(max_delay_us=100),
            "igp",
            "no path from a to d with: delay of at most 100 µs",
        ),
        (
            Constraints(
                max_delay_us=800, avoid_nodes=frozenset("c"), include_all=frozenset({"gold"})
            ),
            "igp",
            "no path from a to d with: avoid node c; delay of at most 800 µs",
        ),
        (Constraints(avoid_nodes=frozenset("ad")), "igp", "no path from a to d with: avoid node a"),
    ],
)
def test_square(constraints: Constraints, weight: Weight, expected: str) -> None:
    assert spelled(find_path(SQUARE, "a", "d", constraints, weight)) == expected


def test_a_dearer_but_faster_way_to_a_node_is_kept() -> None:
    """The cheapest way to b is part of no best path: with it, only the dear link is in time."""
    links = network(
        both_ways("a", "b", 1, link="slow1", delay_us=300),
        both_ways("a", "b", 2, link="fast1", delay_us=100),
        both_ways("b", "c", 1, link="slow2", delay_us=300),
        both_ways("b", "c", 10, link="fast2", delay_us=100),
    )
    found = find_path(links, "a", "c", Constraints(max_delay_us=400))
    assert isinstance(found, tuple)
    assert [a.link for a in found] == ["fast1", "slow2"]


def test_no_path_at_all() -> None:
    split = network(both_ways("a", "b"), both_ways("c", "d"))
    found = find_path(split, "a", "d", Constraints(avoid_nodes=frozenset("b")))
    assert str(found) == "no path from a to d at all"


def test_a_source_that_is_the_target() -> None:
    assert find_path(SQUARE, "a", "a") == ()


def test_paths_are_not_mixed_within_a_limit_of_delay() -> None:
    with pytest.raises(ValueError, match="whole path"):
        equal_paths(SQUARE, "a", "d", Constraints(max_delay_us=1))


def test_equal_paths_of_equal_cost() -> None:
    square = wired("a-b b-d a-c c-d")
    assert equal_paths(square, "a", "d") == Routing(square).all_shortest("a", "d")
    without_b = equal_paths(square, "a", "d", Constraints(avoid_nodes=frozenset("b")))
    assert sorted(a.link for a in without_b) == ["a-c", "c-d"]


def colours() -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(COLOURS), max_size=1)


def names(prefix: str, most: int) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.integers(0, 5).map(lambda n: f"{prefix}{n}"), max_size=most)


def limits(required: int) -> st.SearchStrategy[Constraints]:
    return st.builds(
        Constraints,
        avoid_nodes=names("n", 1),
        avoid_links=names("l", 2),
        require_nodes=names("n", required),
        require_links=names("l", required),
        exclude_any=colours(),
        include_any=colours(),
        include_all=colours(),
        avoid_srlgs=st.frozensets(st.sampled_from(SRLGS), max_size=1),
        max_delay_us=st.sampled_from((None, 200, 500)),
        bandwidth_mbit=st.sampled_from((None, 50)),
    )


def allowed(constraints: Constraints, adjacency: Adjacency) -> bool:
    """The same rules, said anew."""
    c, colours = constraints, adjacency.affinity
    return (
        not {adjacency.tail, adjacency.head} & c.avoid_nodes
        and adjacency.link not in c.avoid_links
        and not any(colour in c.exclude_any for colour in colours)
        and (not c.include_any or any(colour in c.include_any for colour in colours))
        and all(colour in colours for colour in c.include_all)
        and not any(risk in c.avoid_srlgs for risk in adjacency.srlg)
        and (
            c.bandwidth_mbit is None
            or adjacency.capacity_mbit is None
            or adjacency.capacity_mbit >= c.bandwidth_mbit
        )
    )


def best_of_enumeration(
    given: Network, source: str, target: str, constraints: Constraints, weight: Weight
) -> int | None:
    if {source, target} & constraints.avoid_nodes:
        return None
    rest = replace(
        given, adjacencies=tuple(a for a in given.adjacencies if allowed(constraints, a))
    )
    late = constraints.max_delay_us
    costs = [
        cost(path, weight)
        for path in simple_paths(rest, source, target)
        if late is None or delay_us(path) <= late
    ]
    return min(costs, default=None)


@settings(max_examples=60, deadline=None)
@given(networks(most=6), limits(required=0), st.sampled_from(("igp", "delay", "hops")))
def test_equals_enumeration(given: Network, constraints: Constraints, weight: Weight) -> None:
    for target in sorted(given.nodes - {"n0"}):
        best = best_of_enumeration(given, "n0", target, constraints, weight)
        found = find_path(given, "n0", target, constraints, weight)
        if isinstance(found, Infeasible):
            assert best is None
        else:
            assert cost(found, weight) == best
            assert all(allowed(constraints, a) for a in found)
            assert delay_us(found) <= (constraints.max_delay_us or 1 << 30)
        if constraints.only_filter and best is not None:
            union = equal_paths(given, "n0", target, constraints, weight)
            left = replace(
                given, adjacencies=tuple(a for a in given.adjacencies if allowed(constraints, a))
            )
            paths = shortest_paths(left, "n0", target, weight)
            assert union == {adjacency for path in paths for adjacency in path}


def walk_of_enumeration(routing: Routing, stops: frozenset[str], target: str) -> int | None:
    """The best order of the stops, each leg a shortest path."""
    best = None
    for order in permutations(sorted(stops)):
        places = ["n0", *order, target]
        legs = [routing.distance(a, b) for a, b in pairwise(places)]
        total = sum(leg for leg in legs if leg is not None)
        if None not in legs and (best is None or total < best):
            best = total
    return best


@settings(max_examples=40, deadline=None)
@given(networks(most=6, overload=False), names("n", 3))
def test_required_nodes_are_visited_in_the_best_order(
    given: Network, required: frozenset[str]
) -> None:
    required &= given.nodes
    routing = Routing(given)
    for target in sorted(given.nodes):
        found = find_path(given, "n0", target, Constraints(require_nodes=required))
        best = walk_of_enumeration(routing, required, target)
        if isinstance(found, Infeasible):
            assert best is None
        else:
            assert cost(found, "igp") == best
            assert required <= {"n0", *(a.head for a in found)}


@settings(max_examples=50, deadline=None)
@given(networks(most=6), limits(required=1), st.sampled_from(("igp", "delay")))
def test_a_conflict_is_the_smallest(
    given: Network, constraints: Constraints, weight: Weight
) -> None:
    found = find_path(given, "n0", "n1", constraints, weight)
    if not isinstance(found, Infeasible):
        assert constraints.require_nodes <= {"n0", *(a.head for a in found)}
        assert constraints.require_links <= {a.link for a in found}
        return
    conflict = found.conflict
    assert set(conflict) <= set(constraints.each())
    assert together(constraints.each()) == constraints
    assert isinstance(find_path(given, "n0", "n1", together(conflict), weight), Infeasible)
    for size in range(len(conflict)):
        for fewer in combinations(constraints.each(), size):
            assert not isinstance(find_path(given, "n0", "n1", together(fewer), weight), Infeasible)
