"""Checks of shaped links: a lab that starts over them must come up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import networkx as nx

from testbed.plan.checks.links import name_of
from testbed.plan.model import Link, Plan, Role
from testbed.plan.problems import Problem
from testbed.plan.shaping_rules import seconds

MOST_LOSS = 30.0  # per cent: of three hellos in a row, one in forty times all are lost
LEAST_BANDWIDTH = 0.1  # Mbit/s: below it the first LSPs take longer than IS-IS waits for them
MOST_DELAY = 0.5  # seconds one way: GoBGP gives up on a connection after two
_HOP = 10**9  # microseconds: more than all delays of a path


def loss_and_bandwidth(plan: Plan) -> Iterator[Problem]:
    """Links over which neither IS-IS nor BGP would hold."""
    for link in _carrying(plan):
        loss, bandwidth = link.shaping.loss, link.shaping.bandwidth
        if loss is not None and loss > MOST_LOSS:
            what = f"a loss of {loss:g} %: routing does not hold over more than {MOST_LOSS:g} %"
            yield _problem(link, what, f"--loss {loss:g}")
        if bandwidth is not None and bandwidth < LEAST_BANDWIDTH:
            what = f"{bandwidth:g} Mbit/s: routing alone needs {LEAST_BANDWIDTH:g}"
            yield _problem(link, what, f"--bw {bandwidth:g}")


def delays(plan: Plan) -> Iterator[Problem]:
    """The first shortest path that takes BGP longer than it waits, with its slowest link."""
    if not any(link.shaping.delay for link in plan.links):
        return
    speakers = [node.name for node in (*plan.cluster, *plan.injectors)]
    graph = _graph(plan)
    for source in speakers:
        paths = nx.single_source_dijkstra_path(graph, source, weight="cost")
        for target in speakers:
            links = [graph.edges[ends]["link"] for ends in pairwise(paths.get(target, ()))]
            delay = sum(map(_delay, links))
            if delay > MOST_DELAY:
                slowest = max(links, key=_delay)
                yield _problem(
                    slowest,
                    f"the way from {source} to {target} takes {delay:g} s: BGP gives up on a "
                    f"connection over more than {MOST_DELAY:g} s each way",
                    f"--delay {slowest.shaping.delay}",
                )
                return  # others have the same cause, or are found once this is mended


def _problem(link: Link, what: str, option: str) -> Problem:
    later = f"`testbed link set {link.a.node}:{link.a.interface} {link.b.node} {option}`"
    fix = f"leave it out; once the lab is up: {later}"
    return Problem(what=what, subject=name_of(link), fix=fix, where=link.where)


def _carrying(plan: Plan) -> list[Link]:
    """Links between routers, and of cluster nodes and injectors: without them nothing comes up."""
    idle = {n.name for n in plan.nodes if n.role is Role.HOST} - {n.name for n in plan.injectors}
    return [link for link in plan.links if not idle & {link.a.node, link.b.node}]


def _delay(link: Link) -> float:
    return seconds(link.shaping.delay) if link.shaping.delay else 0.0


def _graph(plan: Plan) -> nx.Graph[str]:
    """Metrics first; of paths that cost the same, the quickest."""
    graph: nx.Graph[str] = nx.Graph()
    for link in _carrying(plan):
        ends, cost = (link.a.node, link.b.node), link.metric * _HOP + round(_delay(link) * 1e6)
        if not graph.has_edge(*ends) or cost < graph.edges[ends]["cost"]:
            graph.add_edge(*ends, cost=cost, link=link)
    return graph
