"""Derives identifiers that protocols want to be unique: IS-IS system ids, BGP identifiers."""

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
    speakers = [*plan.cluster, *plan.injectors]
    own = {node.name: plan.address_v4(node.name) for node in speakers}
    taken = {address for address in own.values() if address is not None}
    found: dict[str, IPv4Address] = {}
    for third, nodes in ((0, plan.cluster), (1, plan.injectors)):
        base = int(IPv4Address(f"10.254.{third}.0"))
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
