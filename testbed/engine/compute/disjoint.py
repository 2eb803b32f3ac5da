"""Two disjoint paths, found whenever there are two, with the least cost together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.cspf import NO_CONSTRAINTS
from testbed.engine.compute.label_setting import cheapest
from testbed.engine.compute.min_cost_pair import Arc, min_cost_pair
from testbed.engine.compute.pair_wanted import PairWanted, Risk, RisksOf
from testbed.engine.compute.risk_search import SearchTooLong, search_pair
from testbed.engine.compute.srlg_pair import srlg_disjoint_pair
from testbed.engine.compute.weights import Path, Weight, in_spf, weigh
from testbed.engine.network import Adjacency, Network

# `link`: no link in common. `node`: no node between the ends either. `srlg`: no link and no SRLG.
# `srlg-node`: none of all these.
Disjoint = Literal["link", "node", "srlg", "srlg-node"]

# Steps of the search before a solver is asked; of 1,000 random networks some two need more.
MOST_STEPS = 2000


@dataclass(frozen=True)
class NoPair:
    """There are no two such paths.

    `shared`: nodes, links and SRLGs that every path uses. Empty if each can be avoided, but not
    all that two paths have in common at once; also if there is no path at all.
    """

    source: str
    target: str
    disjoint: Disjoint
    shared: tuple[str, ...]

    def __str__(self) -> str:
        reason = f": every path uses {', '.join(self.shared)}" if self.shared else ""
        return f"no {self.disjoint}-disjoint paths from {self.source} to {self.target}{reason}"


def disjoint_pair(
    network: Network,
    source: str,
    target: str,
    disjoint: Disjoint,
    constraints: Constraints = NO_CONSTRAINTS,
    weight: Weight = "igp",
) -> tuple[Path, Path] | NoPair:
    """The cheaper path first. Constraints may only say which adjacencies can be used."""
    if not constraints.only_filter:
        raise ValueError("disjoint paths within constraints of a whole path are not computed")
    if source == target:
        raise ValueError("a pair of paths has two ends")
    closed = network.overloaded - {source, target}
    usable = [
        adjacency
        for tail in sorted(network.nodes - closed)
        for adjacency in network.outgoing[tail]
        if adjacency.head not in closed | {source}
        and tail != target
        and in_spf(adjacency, weight)
        and constraints.allow(adjacency)
    ]
    pair = None
    if not {source, target} & constraints.avoid_nodes:
        pair = _pair(usable, source, target, disjoint, weight)
    return pair or NoPair(
        source, target, disjoint, _shared(usable, source, target, disjoint, weight)
    )


def _pair(
    usable: Sequence[Adjacency], source: str, target: str, disjoint: Disjoint, weight: Weight
) -> tuple[Path, Path] | None:
    nodes_too = disjoint in ("node", "srlg-node")
    pair = _without_srlgs(usable, source, target, nodes_too, weight)
    risks_of = _risks_of(disjoint, target)
    if pair is None or not _run(pair[0], risks_of) & _run(pair[1], risks_of):
        return pair  # no pair is cheaper, even without regard to SRLGs and links of many nodes
    if _shared(usable, source, target, disjoint, weight):
        return None  # known at once; the search may need a second for it
    wanted = PairWanted(usable, source, target, weight, risks_of)
    try:
        return search_pair(wanted, MOST_STEPS)
    except SearchTooLong:
        return srlg_disjoint_pair(wanted)


def _risks_of(disjoint: Disjoint, target: str) -> RisksOf:
    """What only one of the paths may run."""

    def of(adjacency: Adjacency) -> Iterator[Risk]:
        yield "link", adjacency.link
        if disjoint in ("srlg", "srlg-node"):
            yield from (("srlg", name) for name in sorted(adjacency.srlg))
        if disjoint in ("node", "srlg-node") and adjacency.head != target:
            yield "node", adjacency.head

    return lambda adjacency: frozenset(of(adjacency))


def _run(path: Path, risks_of: RisksOf) -> frozenset[Risk]:
    return frozenset().union(*map(risks_of, path))


def _without_srlgs(
    usable: Sequence[Adjacency], source: str, target: str, nodes_too: bool, weight: Weight
) -> tuple[Path, Path] | None:
    """A node that only one path may pass has two sides, with one arc of no length in between.

    The two directions of a link are never used by two paths: crossing over would be cheaper. A
    link that joins more than two nodes may be.
    """
    ends = sorted({end for a in usable for end in (a.tail, a.head)} | {source, target})
    number = {name: 2 * index for index, name in enumerate(ends)}
    between = [name for name in ends if nodes_too and name not in (source, target)]
    arrive, leave = dict(number), dict(number)
    for name in between:
        leave[name] = number[name] + 1
    arcs: list[Arc] = [(leave[a.tail], arrive[a.head], weigh(a, weight)) for a in usable]
    arcs += [(arrive[name], leave[name], 0) for name in between]
    found = min_cost_pair(arcs, number[source], number[target])
    if found is None:
        return None
    first, second = (tuple(usable[n] for n in path if n < len(usable)) for path in found)
    return first, second


def _shared(
    usable: Sequence[Adjacency], source: str, target: str, disjoint: Disjoint, weight: Weight
) -> tuple[str, ...]:
    """Of what the shortest path uses, that without which there is none."""
    nodes = frozenset(end for a in usable for end in (a.tail, a.head)) | {source, target}
    network = Network(nodes, tuple(usable))
    path = cheapest(network, source, target, NO_CONSTRAINTS, weight)
    if path is None:
        return ()
    tries: list[tuple[str, Constraints]] = []
    for a in path:
        tries.append((f"link {a.link}", Constraints(avoid_links=frozenset({a.link}))))
        if disjoint in ("node", "srlg-node") and a.head != target:
            tries.append((f"node {a.head}", Constraints(avoid_nodes=frozenset({a.head}))))
        if disjoint in ("srlg", "srlg-node"):
            tries += [
                (f"SRLG {name}", Constraints(avoid_srlgs=frozenset({name})))
                for name in sorted(a.srlg)
            ]
    return tuple(
        dict.fromkeys(
            what
            for what, without in tries
            if cheapest(network, source, target, without, weight) is None
        )
    )
