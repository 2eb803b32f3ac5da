"""Published topologies out of the package topohub, as networks of the TE engine."""

from __future__ import annotations

import random
from dataclasses import replace
from importlib.resources import files

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


RISKS = 40  # shared risk groups that are drawn, one per link


def coloured(key: str) -> Network:
    """The topology with affinities and risk groups that are drawn, each time the same."""
    network, _ = published(key)
    drawn = random.Random(key)
    found = {
        link: (
            frozenset(drawn.sample(("gold", "lossy"), drawn.randint(0, 1))),
            frozenset({f"duct{drawn.randrange(RISKS)}"}),
        )
        for link in dict.fromkeys(adjacency.link for adjacency in network.adjacencies)
    }
    adjacencies = (
        replace(one, affinity=found[one.link][0], srlg=found[one.link][1])
        for one in network.adjacencies
    )
    return replace(network, adjacencies=tuple(adjacencies))


def published_keys() -> list[str]:
    """Of the Topology Zoo and SNDlib."""
    data = files("topohub") / "data"
    return sorted(
        f"{group}/{file.name.removesuffix('.json')}"
        for group in ("topozoo", "sndlib")
        for file in (data / group).iterdir()
        if file.name.endswith(".json")
    )
