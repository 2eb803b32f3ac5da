"""Checks BGPPeers and BGPConfigurations against the BGP speakers of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address

from testbed.object_fields.bgp import NODE_OR_SELECTOR
from testbed.object_fields.peer_address import peer_address
from testbed.plan.model import Plan, Role
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint import calico_objects
from testbed.te.lint.findings import Finding
from testbed.te.lint.nodes import addresses, unknown_node
from testbed.te.owners import CLOSE, closest_name

DEFAULT = "default"  # the name of the one BGPConfiguration that counts


def is_default(document: Value) -> bool:
    """True if this is the BGPConfiguration that the agents read."""
    return (calico_objects.kind(document), calico_objects.name(document)) == (
        "BGPConfiguration",
        DEFAULT,
    )


def peer(plan: Plan, document: Value, asn: int) -> Iterator[Finding]:
    """Findings on a BGPPeer in a cluster with this AS number."""
    address, _ = peer_address(calico_objects.text(document, "peerIP"))
    where = calico_objects.where(document, "peerIP")
    owner = plan.owner(address)
    if owner is None:
        yield _report_unknown_peer(plan, address, where)
    elif address.version == 4:
        what = f"peer {address} is {owner}'s IPv4 address: the agents' sessions run over IPv6"
        yield Finding("warning", where, what, f"use {plan.address_v6(owner)} ({owner})")
    elif plan.node(owner).role is Role.ROUTER:
        what = f"peer {address} is router {owner}'s, which runs no BGP"
        yield Finding("warning", where, what, _list_speakers(plan))
    theirs = calico_objects.asn(document)
    if theirs is not None and theirs != asn:
        what = f"peer AS {theirs} is not the cluster's AS {asn}: the agents' sessions are iBGP"
        fix = f"asNumber: {asn}, or leave it out"
        yield Finding("error", calico_objects.where(document, "asNumber"), what, fix)
    name = calico_objects.text(document, "node")
    if name and name not in {n.name for n in plan.cluster}:
        yield unknown_node(plan, name, calico_objects.where(document, "node"))
    if name and calico_objects.text(document, "nodeSelector"):
        where = calico_objects.where(document, "nodeSelector")
        yield Finding("error", where, NODE_OR_SELECTOR, "leave one of them out")


def _report_unknown_peer(plan: Plan, address: IPv4Address | IPv6Address, where: str) -> Finding:
    """The finding on an address of no node: a warning if a pod may get it, else an error."""
    pools = [p for p in (plan.pools.pods_v4, plan.pools.pods_v6) if p]
    if any(address in pool for pool in pools):
        what = f"peer {address} is not the address of a node: it lies in the pod pool"
        return Finding("warning", where, what, _list_speakers(plan))
    what = f"nobody has the peer address {address}"
    return Finding(
        "error", where, what, _find_closest_address(plan, address) or _list_speakers(plan)
    )


def _find_closest_address(plan: Plan, address: IPv4Address | IPv6Address) -> str | None:
    """`did you mean fd00:0:34::2 (gobgp)?` A speaker's address comes before a router's."""
    for nodes in ([*plan.injectors, *plan.cluster], plan.nodes):
        owned = [(a, n.name) for n in nodes for a in addresses(plan, n.name)]
        known = {str(a): name for a, name in owned if a.version == address.version}
        if near := get_close_matches(str(address), known, n=1, cutoff=CLOSE):
            owner = known[near[0]]
            meant = near[0] if address.version == 6 else plan.address_v6(owner)  # as sessions run
            return f"did you mean {meant} ({owner})?"
    return None


def _list_speakers(plan: Plan) -> str:
    speakers = [*plan.injectors, *plan.cluster]
    names = ", ".join(f"{n.name} {plan.address_v6(n.name)}" for n in speakers)
    return f"the BGP speakers are {names or 'none'}"


def configuration(plan: Plan, document: Value) -> Iterator[Finding]:
    """Findings on a BGPConfiguration."""
    name = calico_objects.name(document)
    if not is_default(document):
        what = f"the agents do not read BGPConfiguration {name}"
        fix = closest_name(name, [DEFAULT]) or f"the agents read only the one named {DEFAULT}"
        yield Finding("warning", document.where, what, fix)
        return
    asn = calico_objects.asn(document)
    if asn is not None and asn != plan.asn and plan.injectors:
        others = ", ".join(n.name for n in plan.injectors)
        what = f"no peer is in AS {asn}: {others} stays in AS {plan.asn}, and its sessions end"
        yield Finding(
            "warning", calico_objects.where(document, "asNumber"), what, f"asNumber: {plan.asn}"
        )
