"""The network of a plan has its links in both directions, with what the file says of them."""

from __future__ import annotations

from pathlib import Path

from testbed.engine.from_plan import link_names, network_of
from testbed.engine.network import Adjacency
from tests.shipped_plans import shipped_plan
from tests.unit.topology.topology_file import plan_of

BODY = """r1, r2 = self.addRouters("r1", "r2")
self.addLink(r1, r2, igp_metric=7, delay="5ms", bw=100, affinity="gold", srlg=[1, "duct"])
self.addLink(r2, r1, igp_metric=7, delay="5ms", bw=100, te_delay="20us", capacity=40000)
self.addLink(self.addHost("n", cluster=True), r1)
self.addLink(r2, self.addHost("h"))"""


def test_each_link_is_there_in_both_directions_with_its_attributes(tmp_path: Path) -> None:
    network = network_of(plan_of(tmp_path, BODY))
    assert network.nodes == {"r1", "r2", "n"}
    groups = {"affinity": frozenset({"gold"}), "srlg": frozenset({"1", "duct"})}
    said = Adjacency("r1", "r2", "r1-r2", 7, 5000, 100.0, **groups)
    told = Adjacency("r1", "r2", "r2-r1.2", 7, 20, 40000.0)
    assert network.outgoing["r1"] == (Adjacency("r1", "n", "n-r1", 10), said, told)
    assert [(x.head, x.link) for x in network.outgoing["r2"]] == [
        ("r1", "r1-r2"),
        ("r1", "r2-r1.2"),
    ]
    assert network.overloaded == frozenset()


def test_names_of_links_are_unique(tmp_path: Path) -> None:
    body = """for r in ("a", "a-b", "c", "b-c"): self.addRouter(r)
self.addLinks(("a", "b-c"), ("a-b", "c"), ("a", "a-b"))"""
    assert sorted(link_names(plan_of(tmp_path, body)).values()) == ["a-a-b", "a-b:a-b-c", "a:a-b-c"]


def test_the_papers_network_has_its_backbone_and_its_nodes() -> None:
    network = network_of(shipped_plan("full"))
    assert network.nodes == {*(f"r{n}" for n in range(1, 9)), "master", "worker1", "worker2"}
    assert len(network.adjacencies) == 2 * (10 + 3)
