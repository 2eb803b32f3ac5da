"""Segment lists: the fewest segments, against brute force; and what a list really does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from functools import cache
from itertools import pairwise, permutations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.cspf import equal_paths, find_path
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Path
from testbed.engine.network import Adjacency, Network
from testbed.engine.segments.expand import Expansion, expand
from testbed.engine.segments.segment import (
    AdjacencySegment,
    NodeSegment,
    Segment,
    Segments,
    TooManySegments,
)
from testbed.engine.segments.strict import list_along
from testbed.engine.segments.within import list_within
from tests.engine_networks import (
    as_graph,
    both_ways,
    network,
    networks,
    paper_backbone,
    simple_paths,
    wired,
)


def spelled(segments: Segments | TooManySegments | None) -> str:
    if segments is None or isinstance(segments, TooManySegments):
        return str(segments)
    return " ".join(str(segment) for segment in segments)


def path_of(given: Network, *names: str) -> Path:
    found = []
    for tail, head in pairwise(names):
        found.append(next(a for a in given.outgoing[tail] if a.head == head))
    return tuple(found)


# Wanted is s-a-b-t. From s to b there are two equal paths, by a and by c; from a to t as well,
# by b and by d.
BRANCHES = wired("s-a s-c a-b c-b b-t a-d d-t c-e=30")


def one_sid_per_hop(path: Path) -> Segments:
    """The usual encoding: it is right only where no link is beside the shortest path."""
    return tuple(NodeSegment(adjacency.head) for adjacency in path)


def greedy(routing: Routing, path: Path) -> Segments:
    """The other one: as far as the path is *a* shortest path, then a node SID."""
    found: list[Segment] = []
    begin = 0
    while begin < len(path):
        end = len(path)
        hops = end - begin
        while routing.distance(path[begin].tail, path[end - 1].head) != 10 * hops:
            end, hops = end - 1, hops - 1
        found.append(NodeSegment(path[end - 1].head))
        begin = end
    return tuple(found)


def test_equal_branches_mislead_a_greedy_encoding() -> None:
    routing = Routing(BRANCHES)
    path = path_of(BRANCHES, "s", "a", "b", "t")
    wrong = greedy(routing, path)
    assert spelled(wrong) == "t"
    assert expand(routing, "s", wrong).adjacencies > set(path)  # it shares with three others
    right = list_along(routing, path)
    assert spelled(right) == "a>b(a-b) t"
    assert isinstance(right, tuple)
    assert expand(routing, "s", right) == Expansion(frozenset(path), "t", ())


def test_parallel_links_mislead_one_sid_per_hop() -> None:
    parallel = network(
        both_ways("s", "a", link="x"), both_ways("s", "a", link="y"), both_ways("a", "t")
    )
    routing = Routing(parallel)
    path = path_of(parallel, "s", "a", "t")
    assert expand(routing, "s", one_sid_per_hop(path)).adjacencies > set(path)
    assert spelled(list_along(routing, path)) == "s>a(x) t"


def test_a_dear_link_misleads_one_sid_per_hop() -> None:
    dear = wired("s-a=100 s-b b-a a-t")
    path = path_of(dear, "s", "a", "t")
    assert expand(Routing(dear), "s", one_sid_per_hop(path)).adjacencies.isdisjoint(path[:1])
    assert spelled(list_along(Routing(dear), path)) == "s>a(s-a) t"


def test_all_best_paths_are_used_where_one_sid_gives_them_all() -> None:
    wanted = equal_paths(BRANCHES, "s", "t")
    assert spelled(list_within(Routing(BRANCHES), "s", "t", wanted)) == "t"
    without = equal_paths(BRANCHES, "s", "t", Constraints(avoid_nodes=frozenset("d")))
    assert spelled(list_within(Routing(BRANCHES), "s", "t", without)) == "b t"


def test_a_limit_is_refused_with_the_shortest_list() -> None:
    path = path_of(BRANCHES, "s", "a", "b", "t")
    refused = list_along(Routing(BRANCHES), path, max_segments=1)
    assert spelled(refused) == "at least 2 segments are needed (a>b(a-b), t), 1 are allowed"
    assert isinstance(list_along(Routing(BRANCHES), path, max_segments=2), tuple)


def test_a_set_that_does_not_lead_there() -> None:
    assert list_within(Routing(BRANCHES), "s", "t", {*path_of(BRANCHES, "s", "a", "b")}) is None


def test_a_path_may_pass_a_node_twice() -> None:
    line = wired("a-b b-c b-d")
    path = find_path(line, "a", "d", Constraints(require_nodes=frozenset("c")))
    assert isinstance(path, tuple)
    found = list_along(Routing(line), path)
    assert spelled(found) == "c d"
    assert isinstance(found, tuple)
    assert expand(Routing(line), "a", found).twice == ("b",)


def test_a_list_that_ends_nowhere() -> None:
    split = network(both_ways("a", "b"), both_ways("c", "d"))
    assert expand(Routing(split), "a", [NodeSegment("b"), NodeSegment("c")]).end is None


def test_no_path() -> None:
    with pytest.raises(ValueError, match="no path"):
        list_along(Routing(BRANCHES), (*path_of(BRANCHES, "s", "a"), *path_of(BRANCHES, "b", "t")))


class Judge:
    """Legs of segments by networkx, and all lists by trying each segment at each place."""

    def __init__(self, given: Network) -> None:
        self.given = given
        self.segments: list[Segment] = [NodeSegment(name) for name in sorted(given.nodes)]
        self.segments += [
            AdjacencySegment(a) for name in sorted(given.nodes) for a in given.outgoing[name]
        ]
        self.legs: dict[tuple[str, str], frozenset[Adjacency] | None] = {}

    def leg(self, source: str, segment: Segment) -> frozenset[Adjacency] | None:
        if isinstance(segment, NodeSegment):
            return self.shortest(source, segment.node)
        found = self.shortest(source, segment.adjacency.tail)
        return None if found is None else found | {segment.adjacency}

    def shortest(self, source: str, target: str) -> frozenset[Adjacency] | None:
        if (source, target) not in self.legs:
            self.legs[source, target] = self._shortest(source, target)
        return self.legs[source, target]

    def _shortest(self, source: str, target: str) -> frozenset[Adjacency] | None:
        graph = as_graph(self.given, source, target)
        for first in list(graph.in_edges(source, keys=True)) if source != target else []:
            graph.remove_edge(*first)
        begin = nx.single_source_dijkstra_path_length(graph, source)
        end = nx.single_source_dijkstra_path_length(graph.reverse(), target)
        if target not in begin:
            return None
        return frozenset(
            data["adjacency"]
            for tail, head, data in graph.edges(data=True)
            if begin.get(tail, 1 << 40) + data["weight"] + end.get(head, 1 << 40) == begin[target]
        )

    def fewest(
        self, source: str, target: str, most: int, good: Callable[[frozenset[Adjacency]], bool]
    ) -> int | None:
        """Of all lists with at most `most` segments; none has a part that is not good."""

        def lists(at: str, left: int) -> Iterator[int]:
            leg = self.shortest(at, target)
            if leg is not None and good(leg):
                yield 1
            if left > 1:
                for segment in self.segments:
                    leg = self.leg(at, segment)
                    if leg is not None and leg and good(leg):
                        yield from (1 + more for more in lists(segment.end, left - 1))

        for depth in range(1, most + 1):
            found = min(lists(source, depth), default=None)
            if found is not None:
                return found
        return None

    def fewest_by_levels(self, source: str, target: str, allowed: Set[Adjacency]) -> int | None:
        """The same for any length: which places are reached with 1, 2 … segments."""
        level, seen, count = {source}, {source}, 1
        while level:
            for at in level:
                leg = self.shortest(at, target)
                if leg is not None and leg <= allowed:
                    return count
            reached = set()
            for at in level:
                for segment in self.segments:
                    leg = self.leg(at, segment)
                    if leg is not None and leg <= allowed:
                        reached.add(segment.end)
            level, count = reached - seen, count + 1
            seen |= reached
        return None

    def fewest_along(self, path: Path) -> int:
        """Every list whose legs are, one after the other, exactly the path."""

        @cache
        def lists(position: int) -> int:
            rest = path[position:]
            leg = self.shortest(rest[0].tail, path[-1].head) if rest else frozenset()
            if leg == frozenset(rest) and len({a.tail for a in leg}) == len(rest):
                return 1
            counts = []
            for segment in self.segments:
                leg = self.leg(rest[0].tail, segment)
                size = len(leg or ())
                if size and leg == frozenset(rest[:size]) and rest[size - 1].head == segment.end:
                    counts.append(1 + lists(position + size))
            return min(counts)

        return lists(0)


def check_within(routing: Routing, source: str, target: str, allowed: Set[Adjacency]) -> int | None:
    """The length of what was found, after a look at what it does."""
    found = list_within(routing, source, target, allowed)
    if found is None:
        return None
    assert isinstance(found, tuple)
    done = expand(routing, source, found)
    assert done.end == target
    assert done.adjacencies <= allowed
    return len(found)


def test_every_pair_of_the_paper_s_backbone() -> None:
    backbone = paper_backbone()
    judge, routing = Judge(backbone), Routing(backbone)
    for source, target in permutations(sorted(backbone.nodes), 2):
        for path in simple_paths(backbone, source, target):
            found = list_along(routing, path)
            assert isinstance(found, tuple)
            assert len(found) == judge.fewest_along(path)
            assert expand(routing, source, found) == Expansion(frozenset(path), target, ())
            allowed = frozenset(path)
            fewest = check_within(routing, source, target, allowed)
            assert fewest == judge.fewest_by_levels(source, target, allowed)


@settings(max_examples=25, deadline=None)
@given(networks(most=12), st.data())
def test_every_pair_within_a_set_equals_brute_force(given: Network, data: st.DataObject) -> None:
    left_out = data.draw(st.sets(st.sampled_from(given.adjacencies), max_size=6))
    some = frozenset(given.adjacencies) - left_out
    judge, routing = Judge(given), Routing(given)
    for source, target in permutations(sorted(given.nodes), 2):
        fast = equal_paths(given, source, target, weight="delay")
        for allowed in (some, fast):
            fewest = check_within(routing, source, target, allowed)
            assert fewest == judge.fewest_by_levels(source, target, allowed)


@settings(max_examples=25, deadline=None)
@given(networks(most=5), st.data())
def test_no_list_at_all_is_shorter(given: Network, data: st.DataObject) -> None:
    left_out = data.draw(st.sets(st.sampled_from(given.adjacencies), max_size=6))
    allowed = frozenset(given.adjacencies) - left_out
    judge, routing = Judge(given), Routing(given)
    for source, target in permutations(sorted(given.nodes), 2):
        fewest = check_within(routing, source, target, allowed)
        by_force = judge.fewest(source, target, 3, allowed.issuperset)
        assert by_force == (fewest if fewest is not None and fewest <= 3 else None)


@settings(max_examples=30, deadline=None)
@given(networks(most=12, overload=False), st.data())
def test_every_pair_along_a_path_equals_brute_force(given: Network, data: st.DataObject) -> None:
    judge, routing = Judge(given), Routing(given)
    required = data.draw(st.sets(st.sampled_from(sorted(given.nodes)), max_size=2))
    constraints = Constraints(require_nodes=frozenset(required))
    for source, target in permutations(sorted(given.nodes), 2):
        path = find_path(given, source, target, constraints, "delay")
        if not isinstance(path, tuple):
            continue
        found = list_along(routing, path)
        assert isinstance(found, tuple)
        assert len(found) == judge.fewest_along(path)
        done = expand(routing, source, found)
        assert (done.adjacencies, done.end) == (frozenset(path), target)
        tails = [a.tail for a in path]
        assert set(done.twice) <= {name for name in tails if tails.count(name) > 1}
