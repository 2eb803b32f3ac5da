"""Disjoint pairs against enumeration: found whenever there are two, and the cheapest together."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.disjoint import Disjoint, NoPair, disjoint_pair
from testbed.engine.compute.weights import Path, cost
from testbed.engine.network import Network
from tests.engine_networks import both_ways, network, networks, simple_paths, wired

# The shortest path s-a-b-t uses one link of each of the only two that are disjoint.
TRAP = wired("s-a=1 a-b=1 b-t=1 s-c=2 c-b=2 a-d=2 d-t=2")


def spelled(found: tuple[Path, Path] | NoPair) -> str:
    if isinstance(found, NoPair):
        return str(found)
    return " ".join("".join(a.head for a in path) for path in found)


@pytest.mark.parametrize("disjoint", ["link", "node", "srlg", "srlg-node"])
def test_a_shortest_path_that_bars_every_other_is_taken_apart(disjoint: Disjoint) -> None:
    assert spelled(disjoint_pair(TRAP, "s", "t", disjoint)) == "adt cbt"


def test_a_node_that_both_pass() -> None:
    bow = wired("s-a s-b a-x b-x x-c x-d c-t d-t")
    assert spelled(disjoint_pair(bow, "s", "t", "link")) == "axct bxdt"
    missing = "no node-disjoint paths from s to t: every path uses node x"
    assert spelled(disjoint_pair(bow, "s", "t", "node")) == missing


def test_a_bridge_is_named() -> None:
    found = disjoint_pair(wired("s-a s-b a-b b-t"), "s", "t", "link")
    assert spelled(found) == "no link-disjoint paths from s to t: every path uses link b-t"


def test_links_in_one_duct_are_no_two_ways() -> None:
    ducts = network(
        both_ways("s", "a", 1, srlg=["north"]),
        both_ways("a", "t", 1),
        both_ways("s", "b", 2, srlg=["north"]),
        both_ways("b", "t", 2),
        both_ways("s", "c", 9),
        both_ways("c", "t", 9, srlg=["harbour"]),
    )
    assert spelled(disjoint_pair(ducts, "s", "t", "link")) == "at bt"
    assert spelled(disjoint_pair(ducts, "s", "t", "srlg")) == "at ct"
    without = Constraints(avoid_nodes=frozenset("c"))
    missing = "no srlg-disjoint paths from s to t: every path uses SRLG north"
    assert spelled(disjoint_pair(ducts, "s", "t", "srlg", without)) == missing


def test_what_is_not_computed_is_refused() -> None:
    with pytest.raises(ValueError, match="whole path"):
        disjoint_pair(TRAP, "s", "t", "link", Constraints(max_delay_us=1))
    with pytest.raises(ValueError, match="two ends"):
        disjoint_pair(TRAP, "s", "s", "link")


def separate(one: Path, two: Path, disjoint: Disjoint) -> bool:
    common = {a.link for a in one} & {a.link for a in two}
    if disjoint in ("node", "srlg-node"):
        common |= {a.head for a in one[:-1]} & {a.head for a in two[:-1]}
    if disjoint in ("srlg", "srlg-node"):
        common |= {r for a in one for r in a.srlg} & {r for a in two for r in a.srlg}
    return not common


@settings(max_examples=60, deadline=None)
@given(networks(most=7), st.sampled_from(("link", "node", "srlg", "srlg-node")))
def test_equals_enumeration(given: Network, disjoint: Disjoint) -> None:
    for target in sorted(given.nodes - {"n0"}):
        paths = simple_paths(given, "n0", target)
        costs = [
            cost(one, "igp") + cost(two, "igp")
            for one, two in product(paths, paths)
            if separate(one, two, disjoint)
        ]
        found = disjoint_pair(given, "n0", target, disjoint)
        if isinstance(found, NoPair):
            assert not costs
            for what in found.shared:
                word, name = what.split()
                assert all(name in _used(path)[word] for path in paths)
        else:
            assert set(found) <= set(paths)
            assert separate(*found, disjoint)
            assert cost(found[0], "igp") <= cost(found[1], "igp")
            assert cost(found[0], "igp") + cost(found[1], "igp") == min(costs)


def _used(path: Path) -> dict[str, set[str]]:
    return {
        "link": {a.link for a in path},
        "node": {a.head for a in path},
        "SRLG": {risk for a in path for risk in a.srlg},
    }
