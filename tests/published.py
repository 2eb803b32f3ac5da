"""Published topologies out of the package topohub, as networks of the TE engine."""

from __future__ import annotations

from testbed.engine.compute.placement import Demand
from testbed.engine.network import Adjacency, Network


def published(key: str, capacity_mbit: float = 1000.0) -> tuple[Network, list[Demand]]:
    """A topology (`sndlib/geant`) and its own demands, if it has any.

    Metrics are lengths of links in whole kilometres; all links have the same capacity.
    """
    import topohub

    found = topohub.get(key)
    adjacencies = []
    for number, edge in enumerate(found["edges"]):
        ends = str(edge["source"]), str(edge["target"])
        length = max(1, int(edge["dist"]))
        for tail, head in (ends, ends[::-1]):
            one = Adjacency(tail, head, f"l{number}", length, length * 5, capacity_mbit)
            adjacencies.append(one)
    demands = [
        Demand(str(source), str(target), float(mbit))
        for source, row in found["graph"].get("demands", {}).items()
        for target, mbit in row.items()
        if str(source) != str(target) and mbit > 0
    ]
    nodes = frozenset(str(node["id"]) for node in found["nodes"])
    return Network(nodes, tuple(adjacencies)), demands
