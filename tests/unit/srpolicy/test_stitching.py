"""Policies that lead into each other by binding SIDs, and where that never ends."""

from __future__ import annotations

from ipaddress import IPv6Address

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from testbed.srpolicy.model import SegmentList
from testbed.srpolicy.stitching import entries, find_cycle, segment_list

A, B, C = (IPv6Address(f"fcdd::b00{n}") for n in (1, 2, 3))
LAST = IPv6Address("fcdd::6")


def through(*sids: IPv6Address) -> frozenset[SegmentList]:
    return frozenset([segment_list((*sids, LAST))])


def test_a_chain_ends() -> None:
    assert find_cycle(A, through(B), {A: through(B), B: through(C), C: through()}) == ()
    assert entries(through(B, LAST), {B: through()}) == [B]


def test_a_circle_is_named_from_where_it_begins() -> None:
    bound = {A: through(B), B: through(C), C: through(A)}
    assert find_cycle(A, bound[A], bound) == (A, B, C)
    assert find_cycle(None, through(C), {B: through(C), C: through(B)}) == (C, B)
    assert find_cycle(A, through(A), {}) == (A,)


def test_the_last_segment_enters_nothing() -> None:
    assert find_cycle(A, frozenset([segment_list((B, A))]), {}) == ()


def test_each_list_of_a_policy_counts() -> None:
    bound = {B: through() | through(A)}
    assert find_cycle(A, through(B), bound) == (A, B)


@given(st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 5), max_size=3), max_size=6))
def test_there_is_one_where_the_graph_has_one(leads: dict[int, set[int]]) -> None:
    sids = [IPv6Address(f"fcdd::b00{n}") for n in range(6)]
    bound = {sids[n]: through(*(sids[m] for m in sorted(to))) for n, to in leads.items()}
    graph = nx.DiGraph((n, m) for n, to in leads.items() for m in to)
    for number in leads:
        reached = {number, *nx.descendants(graph, number)} if number in graph else {number}
        endless = not nx.is_directed_acyclic_graph(graph.subgraph(reached))
        found = find_cycle(sids[number], bound[sids[number]], bound)
        assert bool(found) == endless
        for a, b in zip(found, (*found[1:], found[0]) if found else (), strict=True):
            assert sids.index(b) in leads[sids.index(a)]
