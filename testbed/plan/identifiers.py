"""Derives identifiers of protocols: IS-IS system ids, BGP identifiers, a BGP community."""

from __future__ import annotations

from ipaddress import IPv4Address

from testbed.plan.model import Plan


def network_entity_title(number: int) -> str:
    """The paper's 47.0001.NNNN.NNNN.NNNN.00: 1111 for r1, 0012 for r12.

    From 1000 on the last group is 0000, so that router 1111 is not router 1.
    """
    group = str(number) * 4 if number < 10 else f"{number:04d}"
    last = group if number < 1000 else "0000"
    return f"47.0001.{group}.{group}.{last}.00"


def bgp_identifiers(plan: Plan) -> dict[str, IPv4Address]:
    """The BGP identifier of every BGP speaker: its IPv4 address, or a free one of 10.254.0.0/15."""
    routers = plan.edge_routers
    speakers = [*plan.cluster, *plan.injectors, *routers]
    own = {node.name: plan.address_v4(node.name) for node in speakers}
    taken = {address for address in own.values() if address is not None}
    found: dict[str, IPv4Address] = {}
    for start, nodes in (
        ("10.254.0.0", plan.cluster),
        ("10.254.1.0", plan.injectors),
        ("10.255.0.0", routers),
    ):
        base = int(IPv4Address(start))
        for node in nodes:
            identifier = own[node.name]
            number = base + node.number + 1
            while identifier is None:
                candidate = IPv4Address(number)
                identifier = None if candidate in taken else candidate
                number += 1
            taken.add(identifier)
            found[node.name] = identifier
    return found


def routed_community(plan: Plan) -> str:
    """The large community (RFC 8092) of pod blocks that the backbone shall have routes to."""
    return f"{plan.asn}:1:1"
