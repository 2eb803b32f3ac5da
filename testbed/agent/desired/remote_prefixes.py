"""Which pod prefixes of other nodes are believed, out of all that peers announce."""

from __future__ import annotations

from ipaddress import IPv6Address

from testbed.agent.desired.inputs import Inputs
from testbed.agent.ipam.addresses import blocks_of
from testbed.agent.model.objects import IpAddress, IpNetwork
from testbed.bgp import unicast


def believe_prefixes(inputs: Inputs) -> tuple[dict[IpNetwork, IPv6Address], tuple[str, ...]]:
    """Pod prefix → node that has it, and a sentence for each path that is not used."""
    received, unreadable = unicast.decode_all(inputs.paths)
    problems = list(unreadable)
    nodes: dict[IpNetwork, IPv6Address] = {}
    for route in sorted(received, key=lambda r: (str(r.prefix), int(r.next_hop), r.peer)):
        first = nodes.get(route.prefix, route.next_hop)
        refusal = _find_refusal(inputs, route.prefix, route.next_hop)
        if refusal is None and first != route.next_hop:
            refusal = f"{first} has it too, and is taken"
        if refusal:
            problems.append(f"{route.prefix} from peer {route.peer} is not used: {refusal}")
        else:
            nodes[route.prefix] = IPv6Address(int(route.next_hop))
    return nodes, tuple(sorted(set(problems)))


def _find_refusal(inputs: Inputs, prefix: IpNetwork, next_hop: IpAddress) -> str | None:
    if next_hop == inputs.config.address_v6:
        return "its next hop is this node"
    if not isinstance(next_hop, IPv6Address):
        return f"its next hop {next_hop} is not an IPv6 address"
    if not blocks_of(inputs.pod_pools, [prefix]) and not _is_claimed_by(inputs, prefix, next_hop):
        return "it is in no pool for pods"
    for block in inputs.blocks:
        if block.version == prefix.version and block.overlaps(prefix):
            return f"it overlaps this node's own block {block}"
    return None


def _is_claimed_by(inputs: Inputs, prefix: IpNetwork, next_hop: IPv6Address) -> bool:
    """Its pool is gone, but that node's pods still live in it."""
    owners = [a.node for a in inputs.objects.affinities if a.cidr == prefix]
    nodes = [inputs.objects.node(name) for name in owners]
    return any(node is not None and node.v6 == next_hop for node in nodes)
