"""Local repair: on the failed network, by old routes, packets take the path after convergence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from testbed.engine.compute.spf import Routing
from testbed.engine.network import Adjacency, Network
from testbed.engine.repair.failure import Failure, failures_beside
from testbed.engine.repair.spaces import extended_p_space, p_space, q_space
from testbed.engine.repair.ti_lfa import Protection, Repair, protect
from testbed.engine.segments.segment import AdjacencySegment, NodeSegment, Segment
from tests.engine_networks import (
    both_ways,
    network,
    networks,
    paper_backbone,
    shortest_paths,
    wired,
)

# A ring of equal metrics: behind a failed link, a neighbour may send packets back.
RING = wired("a-b b-c c-d d-e e-f f-a")
# As the ring, but the far link is dear: nobody but its tail uses it before convergence.
DEAR = wired("a-b b-c c-d d-e=50 e-f f-a")


def repair_of(given: Network, at: str, failure: Failure, target: str) -> str:
    protection = protect(Routing(given), at, failure)
    found = next(r for r in protection.repairs if r.destination == target)
    return " ".join([found.first.head, *map(str, found.segments)])


@pytest.mark.parametrize(
    ("given", "target", "expected"),
    [
        (wired("a-b b-c c-a"), "b", "c"),  # a loop-free alternate
        (RING, "b", "f d"),  # f would send packets to b back to a; d would not
        (RING, "c", "f d"),  # f shares between both ways
        (DEAR, "b", "f e>d(d-e)"),  # e would send them back as well
    ],
)
def test_link_protection(given: Network, target: str, expected: str) -> None:
    assert repair_of(given, "a", Failure("link", "a-b"), target) == expected


def test_node_protection_avoids_the_neighbour() -> None:
    given = wired("a-b b-c a-d d-b d-c=30")
    assert repair_of(given, "a", Failure("link", "a-b"), "c") == "d"
    assert repair_of(given, "a", Failure("node", "b"), "c") == "d d>c(d-c)"


def test_links_of_one_risk_fail_together() -> None:
    given = network(
        both_ways("a", "b", srlg=["duct"]),
        both_ways("a", "c", srlg=["duct"]),
        both_ways("c", "b"),
        both_ways("a", "d", 50),
        both_ways("d", "b", 50),
    )
    assert repair_of(given, "a", Failure("link", "a-b"), "b") == "c"
    assert repair_of(given, "a", Failure("srlg", "duct"), "b") == "d"


def test_what_a_router_can_see_fail() -> None:
    given = network(both_ways("a", "b", srlg=["duct"]), both_ways("b", "c"))
    assert [str(f) for f in failures_beside(given, "a")] == ["link a-b", "node b", "srlg duct"]


def test_spaces_of_a_ring() -> None:
    routing, failure = Routing(RING), Failure("link", "a-b")
    assert p_space(routing, "a", failure) == set("aef")  # to d also by a-b
    assert extended_p_space(routing, "a", failure) == set("aefd")
    assert q_space(routing, "b", failure) == set("bcd")
    assert p_space(routing, "b", Failure("node", "b")) == set()


def test_what_is_cut_off_is_named() -> None:
    protection = protect(Routing(wired("a-b b-c")), "a", Failure("link", "a-b"))
    assert (protection.cut_off, protection.affected) == (("b", "c"), 2)
    assert protection.coverage == 1.0  # of nothing


def test_a_limit_of_segments() -> None:
    protection = protect(Routing(DEAR), "a", Failure("link", "a-b"), max_segments=0)
    assert {r.destination for r in protection.too_long} == {"b", "c", "d"}
    assert protection.coverage == 0.0


def test_the_paper_s_backbone_is_covered() -> None:
    routing = Routing(paper_backbone())
    everything = [
        protect(routing, router, failure)
        for router in routing.nodes
        for failure in failures_beside(routing.network, router)
    ]
    assert all(protection.coverage == 1.0 for protection in everything)
    assert max(len(r.segments) for p in everything for r in p.repairs) <= 1
    assert sum(p.plain for p in everything) > 50


def forwarded(
    old: Routing, failure: Failure, protection: Protection, repair: Repair
) -> set[Adjacency]:
    """Every adjacency that a repaired packet is sent to, hop by hop, by routes from before.

    Fails where that adjacency is lost, and where a packet comes by a place again.
    """
    taken: set[Adjacency] = set()

    def send(adjacency: Adjacency, segments: tuple[Segment, ...], seen: frozenset[str]) -> None:
        assert not failure.takes(adjacency)
        assert adjacency in old.network.adjacencies
        taken.add(adjacency)
        arrive(adjacency.head, segments, seen)

    def arrive(node: str, segments: tuple[Segment, ...], seen: frozenset[str]) -> None:
        assert node not in seen
        assert node != protection.router
        forward(node, segments, seen | {node})

    def forward(node: str, segments: tuple[Segment, ...], seen: frozenset[str]) -> None:
        active = segments[0] if segments else NodeSegment(repair.destination)
        if isinstance(active, AdjacencySegment) and node == active.adjacency.tail:
            send(active.adjacency, segments[1:], seen)
            return
        target = active.node if isinstance(active, NodeSegment) else active.adjacency.tail
        if node == target:
            if segments:
                forward(node, segments[1:], seen)
            return
        hops = old.next_hops(node, target)
        assert hops
        for adjacency in hops:
            send(adjacency, segments, seen)

    send(repair.first, repair.segments, frozenset())
    return taken


@settings(max_examples=40, deadline=None)
@given(networks(most=7))
def test_a_repair_is_a_path_after_convergence(given: Network) -> None:
    old = Routing(given)
    for router in old.nodes:
        for failure in failures_beside(given, router):
            protection = protect(old, router, failure)
            left = replace(
                given, adjacencies=tuple(a for a in given.adjacencies if not failure.takes(a))
            )
            affected = {
                target
                for target in old.nodes
                if any(failure.takes(a) for a in old.next_hops(router, target))
            } - ({failure.name} if failure.kind == "node" else set())
            assert affected == {r.destination for r in protection.repairs} | set(protection.cut_off)
            for name in protection.cut_off:
                assert not shortest_paths(left, router, name)
            for repair in protection.repairs:
                paths = shortest_paths(left, router, repair.destination)
                taken = forwarded(old, failure, protection, repair)
                assert taken <= {adjacency for path in paths for adjacency in path}
                plain = any(
                    old_paths_stay(old, path[0], repair.destination, paths) for path in paths
                )
                assert plain == (not repair.segments)  # no segments if none are needed


def old_paths_stay(
    old: Routing, first: Adjacency, target: str, paths: list[tuple[Adjacency, ...]]
) -> bool:
    after = {adjacency for path in paths for adjacency in path}
    return old.all_shortest(first.head, target) <= after
