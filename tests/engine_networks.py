"""Networks for tests of the TE engine: random ones, the paper's backbone, small ones by hand."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
from hypothesis import strategies as st

from testbed.engine.compute.weights import Path, Weight, weigh
from testbed.engine.network import Adjacency, Network
from tests.paper_plan import paper_plan

COLOURS = ("gold", "lossy")
SRLGS = ("duct1", "duct2", "duct3")


def both_ways(
    a: str,
    b: str,
    metric: int = 10,
    back: int | None = None,
    link: str = "",
    delay_us: int = 0,
    capacity_mbit: float | None = None,
    affinity: Iterable[str] = (),
    srlg: Iterable[str] = (),
) -> tuple[Adjacency, Adjacency]:
    """A link as its two adjacencies; `back` is the metric of the second if it differs."""
    name, colours, risks = link or f"{a}-{b}", frozenset(affinity), frozenset(srlg)

    def one(tail: str, head: str, metric: int) -> Adjacency:
        return Adjacency(tail, head, name, metric, delay_us, capacity_mbit, colours, risks)

    return one(a, b, metric), one(b, a, metric if back is None else back)


def network(
    *links: tuple[Adjacency, Adjacency], overloaded: Iterable[str] = (), alone: Iterable[str] = ()
) -> Network:
    """The network of these links; `alone` names nodes without any."""
    adjacencies = tuple(adjacency for link in links for adjacency in link)
    nodes = {a.tail for a in adjacencies} | set(alone)
    return Network(frozenset(nodes), adjacencies, frozenset(overloaded))


def wired(text: str, metric: int = 10) -> Network:
    """The network of links such as `a-b b-c=30`, each with its metric."""
    links = []
    for word in text.split():
        ends, _, own = word.partition("=")
        a, b = ends.split("-")
        links.append(both_ways(a, b, int(own or metric)))
    return network(*links)


def paper_backbone() -> Network:
    """The routers of the paper's topology."""
    plan = paper_plan()
    routers = {router.name for router in plan.routers}
    links = [x for x in plan.links if {x.a.node, x.b.node} <= routers]
    return network(*(both_ways(x.a.node, x.b.node, x.metric) for x in links))


@st.composite
def networks(
    draw: st.DrawFn,
    most: int = 8,
    metrics: tuple[int, ...] = (1, 1, 2, 3),
    overload: bool = True,
    groups: int = 1,
) -> Network:
    """Few metrics, so that equal-cost paths are many; parallel links, one-way metrics, parts.

    `groups`: the most SRLGs of a link.
    """
    size = draw(st.integers(2, most))
    names = [f"n{number}" for number in range(size)]
    links = []
    for number in range(1, size):
        links.append((names[draw(st.integers(0, number - 1))], names[number]))
    for _ in range(draw(st.integers(0, size + 2))):
        a, b = draw(st.integers(0, size - 1)), draw(st.integers(0, size - 2))
        links.append((names[a], names[b if b < a else b + 1]))
    if size > 3 and draw(st.integers(0, 9)) == 0:
        links.pop(0)  # in two parts, perhaps
    made = [
        both_ways(
            *link,
            metric=draw(st.sampled_from(metrics)),
            back=draw(st.sampled_from((None, None, *metrics))),
            link=f"l{number}",
            delay_us=draw(st.integers(0, 3)) * 100,
            capacity_mbit=draw(st.sampled_from((None, 10, 100))),
            affinity=draw(st.sets(st.sampled_from(COLOURS))),
            srlg=draw(st.sets(st.sampled_from(SRLGS), max_size=groups)),
        )
        for number, link in enumerate(links)
    ]
    closed = draw(st.sets(st.sampled_from(names), max_size=1)) if overload else ()
    return network(*made, overloaded=closed, alone=names)


def as_graph(
    given: Network, source: str, target: str, weight: Weight = "igp"
) -> nx.MultiDiGraph[str]:
    """For networkx, as an independent judge; without nodes that do not let anything through."""
    closed = given.overloaded - {source, target}
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(given.nodes - closed)
    for a in given.adjacencies:
        if not {a.tail, a.head} & closed:
            graph.add_edge(a.tail, a.head, key=a.link, weight=weigh(a, weight), adjacency=a)
    return graph


def simple_paths(given: Network, source: str, target: str) -> list[Path]:
    """Every path without a node twice, by enumeration."""
    if source == target:
        return [()]
    graph = as_graph(given, source, target)
    by_key: dict[tuple[str, ...], Adjacency] = {
        (a.tail, a.head, a.link): a for a in given.adjacencies
    }
    return [
        tuple(by_key[tuple(edge)] for edge in path)
        for path in nx.all_simple_edge_paths(graph, source, target)
    ]


def shortest_paths(given: Network, source: str, target: str, weight: Weight = "igp") -> list[Path]:
    """Every shortest path, by enumeration."""
    paths = simple_paths(given, source, target)
    lengths = [sum(weigh(a, weight) for a in path) for path in paths]
    return [p for p, length in zip(paths, lengths, strict=True) if length == min(lengths)]
