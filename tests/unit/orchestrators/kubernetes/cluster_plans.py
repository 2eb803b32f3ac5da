"""Plans with a Kubernetes cluster: one to many nodes behind r1, in one family or both."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from testbed.plan.model import Node, Plan, Pools
from tests.paper_plan import access, cluster_node, router

PODS_V4, PODS_V6 = IPv4Network("172.16.0.0/16"), IPv6Network("fdfb:af47:32af::/48")


def cluster_plan(workers: int = 2, *, families: str = "46", node_v4: bool = True) -> Plan:
    """master, worker1 … all on r1. `families` of pods; `node_v4`: have nodes IPv4 addresses?"""
    pools = Pools(
        pods_v4=PODS_V4 if "4" in families else None, pods_v6=PODS_V6 if "6" in families else None
    )
    nodes, links = [router(1)], []
    for index, name in enumerate(["master", *(f"worker{n}" for n in range(1, workers + 1))]):
        number = 10 + index
        nodes.append(_node(name, index, control_plane=index == 0))
        v4 = (f"192.168.{number}.3/24", f"192.168.{number}.254/24") if node_v4 else None
        v6 = (f"fd{number}::1020/64", f"fd{number}::1000/64")
        links.append(access("r1", name, v6, v4))
    return Plan(topology="cluster", pools=pools, nodes=tuple(nodes), links=tuple(links))


def _node(name: str, index: int, control_plane: bool) -> Node:
    pool = f"{10 + index}aa"
    node = cluster_node(name, index, pool, f"fcdd::{pool}:0:0:0:4", f"fcdd::{pool}:0:0:0:6")
    return _with(node, control_plane=control_plane)


def _with(node: Node, **changes: object) -> Node:
    assert node.cluster is not None
    return node.model_copy(update={"cluster": node.cluster.model_copy(update=changes)})


def without_control_plane(plan: Plan) -> Plan:
    """The same plan with nobody to run the API server."""
    nodes = tuple(_with(n, control_plane=False) if n.cluster else n for n in plan.nodes)
    return plan.model_copy(update={"nodes": nodes})
