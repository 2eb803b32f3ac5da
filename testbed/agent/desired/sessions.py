"""Which BGP sessions a node has: the mesh of the nodes, the peers asked for, and its router."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

from testbed.agent.config import AgentConfig
from testbed.agent.desired.overlays.routed import routed_pools
from testbed.agent.model.objects import Node, Objects
from testbed.bgp.model import BgpPeer, Family

PATIENT_HOLD = 60  # seconds
PATIENT_RESTART = 90  # seconds
_UNICAST = (Family.IPV4_UNICAST, Family.IPV6_UNICAST)


def own_node(config: AgentConfig, objects: Objects) -> Node:
    """This node as the cluster sees it, or as its own configuration says before that."""
    known = objects.node(config.node)
    return known or Node(config.node, config.address_v6, config.address_v4)


def autonomous_system(config: AgentConfig, objects: Objects) -> int:
    """The cluster's AS number."""
    return objects.bgp.asn or config.asn


def names(config: AgentConfig, objects: Objects) -> dict[str, str]:
    """Names of the session partners by address, for people."""
    found = {str(config.gateway.v6): config.gateway.router} if config.gateway else {}
    found.update({str(peer.peer_ip): peer.name for peer in objects.peers})
    found.update({str(node.v6): node.name for node in objects.nodes if node.v6})
    return found


def _mesh_session(config: AgentConfig, other: IPv6Address, asn: int) -> BgpPeer:
    """A session with another node.

    The node with the lower address connects: where both do at the same moment, each refuses the
    other's connection (RFC 4271 §6.8), and on a busy machine so again and again. Slow nodes are
    given more time to say something.
    """
    waits = config.address_v6 > other
    return _patient(config, BgpPeer(str(other), asn, str(config.address_v6), passive=waits))


def _patient(config: AgentConfig, session: BgpPeer) -> BgpPeer:
    if not config.patient:
        return session
    return replace(session, hold_time=PATIENT_HOLD, restart_time=PATIENT_RESTART)


def _router_session(config: AgentConfig, objects: Objects, asn: int) -> BgpPeer | str | None:
    """The session with the node's router, if pods' blocks are announced to it; or why not."""
    gateway = config.gateway
    pools = routed_pools(config, (pool for pool in objects.pools if pool.for_pods))
    if gateway is None or not pools:
        return None
    if asn != gateway.asn:
        named = ", ".join(pool.name for pool in pools)
        return (
            f"the backbone has no routes to pods of IPPool {named}: its routers are in AS "
            f"{gateway.asn}, the cluster in AS {asn}"
        )
    local = str(config.address_v6)
    return _patient(config, BgpPeer(str(gateway.v6), asn, local, families=_UNICAST))


def wanted(config: AgentConfig, objects: Objects) -> tuple[frozenset[BgpPeer], list[str]]:
    """The sessions, and a sentence for each one that is asked for and not made."""
    asn, node = autonomous_system(config, objects), own_node(config, objects)
    local = str(config.address_v6)
    peers: dict[str, BgpPeer] = {}
    problems = []
    if objects.bgp.mesh:
        for other in objects.nodes:
            if other.name == config.node:
                continue
            if other.v6 is None:
                problems.append(f"node {other.name} has no IPv6 InternalIP: no session with it")
            elif other.v6 == config.address_v6:
                problems.append(f"node {other.name} has this node's address {other.v6}")
            else:
                peers[str(other.v6)] = _mesh_session(config, other.v6, asn)
    router = _router_session(config, objects, asn)
    if isinstance(router, BgpPeer):
        peers[router.address] = router
    elif router:
        problems.append(router)
    for asked in objects.peers:
        if not asked.concerns(config.node, node.label_map) or asked.peer_ip == config.address_v6:
            continue
        if asked.asn not in (None, asn):
            problems.append(f"BGPPeer {asked.name}: AS {asked.asn} is not ours; only iBGP is done")
            continue
        if asked.peer_ip.version != 6:
            problems.append(f"BGPPeer {asked.name}: sessions run over IPv6, not to {asked.peer_ip}")
            continue
        peers[str(asked.peer_ip)] = BgpPeer(str(asked.peer_ip), asn, local, port=asked.port)
    return frozenset(peers.values()), problems
