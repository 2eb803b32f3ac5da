"""Renders a cluster node's agent configuration and the objects of the light lab's API."""

from __future__ import annotations

from testbed import api_objects
from testbed.paths import NODES
from testbed.plan.identifiers import bgp_identifiers, routed_community
from testbed.plan.model import Node, Plan
from testbed.plan.reserved import reserved
from testbed.plan.waypoints import waypoints
from testbed.render.environment import render


def ippools(plan: Plan) -> str:
    """IPPools of pods, local SIDs and binding SIDs, as Calico defines them."""
    return render("api/ippools.yaml.j2", pools=plan.pools, cluster=plan.cluster)


def bgp(plan: Plan) -> str:
    """BGPConfiguration and one BGPPeer per injector."""
    injectors = [{"name": n.name, "address": plan.address_v6(n.name)} for n in plan.injectors]
    return render("api/bgp.yaml.j2", plan=plan, injectors=injectors)


def node_object(plan: Plan, node: Node) -> dict[str, object]:
    """The Kubernetes Node object that a joining node writes for itself."""
    addresses = [plan.address_v6(node.name), plan.address_v4(node.name)]
    return api_objects.node_object(node.name, (address for address in addresses if address))


def agent_config(plan: Plan, node: Node) -> dict[str, object]:
    """agent.json of one cluster node."""
    assert node.cluster is not None
    spec, v4 = node.cluster, plan.address_v4(node.name)
    port = plan.uplink(node.name).end(node.name)
    return {
        "node": node.name,
        "address_v6": str(plan.address_v6(node.name)),
        "address_v4": str(v4) if v4 else None,
        "router_id": str(bgp_identifiers(plan)[node.name]),
        "uplink": port.interface,
        "subnets": list(dict.fromkeys(str(address.network) for address in port.addresses)),
        "asn": plan.asn,
        "te_mode": plan.te_mode,
        "pod_mtu": plan.pod_mtu,
        "max_segments": plan.max_segments,
        "local_sids": spec.local_sids.model_dump(mode="json"),
        "binding_sids": spec.binding_sids.model_dump(mode="json"),
        "source": dict(plan.orchestrator_traits.agent_source),
        "services": plan.orchestrator_traits.services,
        **({"patient": True} if plan.slowness > 1 else {}),
        **_reserved_addresses(plan),
        "waypoints": [str(address) for address in waypoints(plan)],
        **_gateway(plan, node),
        "gobgp_socket": f"{NODES}/{node.name}/gobgpd.sock",
        "state_dir": f"{NODES}/{node.name}",
    }


def _gateway(plan: Plan, node: Node) -> dict[str, object]:
    """The router that takes announcements of pods, where the node knows its address."""
    if node.gateway_v6 is None:
        return {}
    gateway = {
        "router": plan.uplink(node.name).peer(node.name).node,
        "v6": str(node.gateway_v6),
        "v4": str(node.gateway_v4) if node.gateway_v4 else None,
        "asn": plan.asn,
        "community": routed_community(plan),
    }
    return {"gateway": gateway}


def _reserved_addresses(plan: Plan) -> dict[str, object]:
    """Whose addresses no IPPool may hold: owner → ranges."""
    found: dict[str, dict[str, list[str]]] = {"reserved": {}, "reserved_sids": {}}
    for one in reserved(plan):
        owners = found["reserved_sids" if one.sids else "reserved"]
        owners.setdefault(one.owner, []).append(str(one.network))
    return dict(found)


def injector_peers(plan: Plan, injector: Node, nodes: list[Node]) -> dict[str, object]:
    """peers.json of an injector: a session to each of these nodes."""
    return {
        "asn": plan.asn,
        "router_id": str(bgp_identifiers(plan)[injector.name]),
        "local_address": str(plan.address_v6(injector.name)),
        "peers": [{"address": str(plan.address_v6(n.name)), "asn": plan.asn} for n in nodes],
    }
