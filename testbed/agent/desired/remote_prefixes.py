"""Which pod prefixes of other nodes are believed, out of all that peers announce.

A node's word counts for the blocks that it has claimed in the API, and nobody else's does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv6Address

from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.remembered import remember_last
from testbed.agent.ipam.addresses import blocks_of
from testbed.agent.model import overlay_names
from testbed.agent.model.objects import IpAddress, IpNetwork
from testbed.bgp import unicast
from testbed.bgp.model import Family
from testbed.bgp.unicast import UnicastRoute
from testbed.object_fields.reserved import conflict

_SHOWN = 100  # prefixes named of one peer and cause


def believe_prefixes(inputs: Inputs) -> tuple[Mapping[IpNetwork, IPv6Address], tuple[str, ...]]:
    """Pod prefix → node that has it, and a sentence for what is not used."""
    unicast_paths = tuple(p for p in inputs.paths if p.family is not Family.IPV6_SRPOLICY)
    return _believe(
        Inputs(inputs.config, objects=inputs.objects, blocks=inputs.blocks, paths=unicast_paths)
    )


@remember_last
def _believe(inputs: Inputs) -> tuple[Mapping[IpNetwork, IPv6Address], tuple[str, ...]]:
    """The same, of what it depends on."""
    received, unreadable = unicast.decode_all(inputs.paths)
    refused: list[tuple[UnicastRoute, str]] = []
    nodes = _read_from_claims(inputs)
    claims, sessions = _claims_by_node(inputs), _addresses_of_nodes(inputs)
    for route in sorted(received, key=lambda r: (str(r.prefix), int(r.next_hop), r.peer)):
        first = nodes.get(route.prefix, route.next_hop)
        refusal = _find_refusal(inputs, route, sessions, claims)
        if refusal is None and first != route.next_hop:
            refusal = f"{first} has it too, and is taken"
        if refusal:
            refused.append((route, refusal))
        else:
            nodes[route.prefix] = IPv6Address(int(route.next_hop))
    return nodes, tuple(sorted({*unreadable, *_describe(refused)}))


def _describe(refused: Iterable[tuple[UnicastRoute, str]]) -> Iterator[str]:
    """A sentence per prefix; where a peer announces very many, one for those after the first."""
    by_cause: dict[tuple[str, str], list[str]] = {}
    for route, why in refused:
        by_cause.setdefault((route.peer, why), []).append(str(route.prefix))
    for (peer, why), prefixes in by_cause.items():
        for prefix in prefixes[:_SHOWN]:
            yield f"{prefix} from peer {peer} is not used: {why}"
        if len(prefixes) > _SHOWN:
            yield f"{len(prefixes) - _SHOWN} more from peer {peer}, not used: {why}"


def _find_refusal(
    inputs: Inputs,
    route: UnicastRoute,
    sessions: Collection[str],
    claims: Mapping[IpAddress, list[IpNetwork]],
) -> str | None:
    prefix, next_hop = route.prefix, route.next_hop
    if next_hop == inputs.config.address_v6:
        return "its next hop is this node"
    if not isinstance(next_hop, IPv6Address):
        return f"its next hop {next_hop} is not an IPv6 address"
    claimed = bool(_covering(prefix, claims.get(next_hop, ())))
    if not claimed and not blocks_of(inputs.pod_pools, [prefix]):
        return "it is in no pool for pods"
    for block in inputs.blocks:
        if block.version == prefix.version and block.overlaps(prefix):
            return f"it overlaps this node's own block {block}"
    if route.peer not in sessions:
        return "that peer is no node of the cluster"
    if not claimed:
        return f"no BlockAffinity of its next hop {next_hop} covers it"
    if taken := conflict(prefix, inputs.config.reserved):
        return f"it overlaps {taken}"
    return None


def _covering(prefix: IpNetwork, claimed: Iterable[IpNetwork]) -> list[IpNetwork]:
    """Those of the claimed blocks that cover a prefix."""
    return [
        block
        for block in claimed
        if block.version == prefix.version and prefix.subnet_of(block)  # type: ignore[arg-type]
    ]


def _addresses_of_nodes(inputs: Inputs) -> set[str]:
    """The peers whose word on pod prefixes counts."""
    return {str(node.v6) for node in inputs.objects.nodes if node.v6}


def _claims_by_node(inputs: Inputs) -> dict[IpAddress, list[IpNetwork]]:
    """Every node's blocks as claimed in the API, by the node's address."""
    found: dict[IpAddress, list[IpNetwork]] = {}
    for affinity in inputs.objects.affinities:
        node = inputs.objects.node(affinity.node)
        if node is not None and node.v6 is not None:
            found.setdefault(node.v6, []).append(affinity.cidr)
    return found


def _read_from_claims(inputs: Inputs) -> dict[IpNetwork, IPv6Address]:
    """VXLAN pools that nobody announces: a device reaches every node, so a claim is enough."""
    pools = [pool for pool in inputs.unexported_pools if pool.overlay == overlay_names.VXLAN]
    own = inputs.config.address_v6
    return {
        block: IPv6Address(int(node))
        for node, claimed in _claims_by_node(inputs).items()
        for block in blocks_of(pools, claimed)
        if node != own
    }
