"""Renders all files of a plan, each with its path below /run/testbed in a lab."""

from __future__ import annotations

import json

from testbed.plan.model import Plan
from testbed.render import cluster, frr, network


def everything(plan: Plan) -> dict[str, str]:
    """File name → text; the same text that a lab of this plan runs with."""
    files = {
        "plan.json": plan.model_dump_json(indent=1) + "\n",
        "network/namespaces.batch": network.namespaces(plan),
        "network/links.batch": network.links(plan),
    }
    for node in plan.nodes:
        files[f"network/{node.name}.batch"] = network.node(plan, node)
    for router in plan.routers:
        files[f"nodes/{router.name}/zebra.conf"] = frr.zebra_conf(plan, router)
        files[f"nodes/{router.name}/isisd.conf"] = frr.isisd_conf(plan, router)
    if plan.bfd:
        for router in plan.routers:
            files[f"nodes/{router.name}/bfdd.conf"] = frr.bfdd_conf(router, plan.bfd)
    for router in plan.edge_routers:
        files[f"nodes/{router.name}/bgpd.conf"] = frr.bgpd_conf(plan, router)
    if plan.cluster:
        files["api/IPPool.plan.yaml"] = cluster.ippools(plan)
        files["api/BGP.plan.yaml"] = cluster.bgp(plan)
    for node in plan.cluster:
        files[f"nodes/{node.name}/agent.json"] = _format_json(cluster.agent_config(plan, node))
        files[f"api/Node.{node.name}.json"] = _format_json(cluster.node_object(plan, node))
    for injector in plan.injectors:
        peers = cluster.injector_peers(plan, injector, plan.cluster)
        files[f"nodes/{injector.name}/peers.json"] = _format_json(peers)
    return files


def _format_json(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"
