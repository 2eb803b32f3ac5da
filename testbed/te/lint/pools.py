"""Checks that IPPools of pods, local SIDs and binding SIDs stay in their own ranges."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from testbed.object_fields.ippool import DEFAULT_BLOCK
from testbed.object_fields.reserved import Network, Reserved, conflict
from testbed.plan.model import Plan
from testbed.plan.reserved import reserved
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint import calico_objects
from testbed.te.lint.findings import Finding, errors
from testbed.te.lint.free_networks import free_network
from testbed.te.lint.nodes import unknown_node
from testbed.te.lint.other_pools import OtherPools

LOCALSID_POOL, POLICY_POOL = "sr-localsids-pool-", "sr-policies-pool"
_LONGEST = 128  # of any block's length; more the schema refuses
PLANS_OWN = ("default-ipv4-ippool", "default-ipv6-ippool")  # the pools of pods that `up` makes


def pool(plan: Plan, document: Value, others: OtherPools) -> Iterator[Finding]:
    """Findings on an IPPool, by the role that its name gives it."""
    name, where = calico_objects.name(document), calico_objects.where(document, "cidr")
    cidr = ip_network(calico_objects.text(document, "cidr"))
    yield from _one_overlay(document)
    if name.startswith(LOCALSID_POOL):
        yield from _local_sids(plan, document, name.removeprefix(LOCALSID_POOL), others)
    elif name == POLICY_POOL:
        yield from _binding_sids(plan, cidr, where, others)
    else:
        found = [*_check_pods(plan, cidr, where, others, name in PLANS_OWN)]
        yield from found if errors(found) else [*found, *_blocks_fit(document, cidr)]


def _one_overlay(document: Value) -> Iterator[Finding]:
    modes = {mode: calico_objects.text(document, mode) for mode in ("ipipMode", "vxlanMode")}
    if all(mode not in ("", "Never") for mode in modes.values()):
        what = "ipipMode and vxlanMode cannot both be used"
        where = calico_objects.where(document, "vxlanMode")
        yield Finding("error", where, what, "set one of them to Never")
    if calico_objects.text(document, "encapsulation"):
        for mode, asked in modes.items():
            if asked not in ("", "Never"):
                what = f"encapsulation None and {mode} {asked} cannot both be used"
                where = calico_objects.where(document, mode)
                yield Finding("error", where, what, f"set {mode} to Never")


def _blocks_fit(document: Value, cidr: Network) -> Iterator[Finding]:
    """Nodes claim whole blocks, so one at least has to fit."""
    given = calico_objects.number(document, "blockSize")
    size = DEFAULT_BLOCK[cidr.version] if given is None else given
    where = calico_objects.where(document, "blockSize")
    fix = f"blockSize: a number from {cidr.prefixlen} to {cidr.max_prefixlen}"
    if size < cidr.prefixlen:
        without = "" if given is not None else ", which is the default,"
        yield Finding("error", where, f"blockSize {size}{without} is larger than {cidr}", fix)
    elif cidr.max_prefixlen < size <= _LONGEST:
        yield Finding("error", where, f"blockSize {size} is no length of an IPv4 block", fix)


def _local_sids(plan: Plan, document: Value, node: str, others: OtherPools) -> Iterator[Finding]:
    if node not in {n.name for n in plan.cluster}:
        yield unknown_node(plan, node, document.where)
        return
    spec, cidr = plan.node(node).cluster, ip_network(calico_objects.text(document, "cidr"))
    assert spec is not None  # it is a cluster node
    where = calico_objects.where(document, "cidr")
    if not _holds(spec.sid_pool, cidr):
        what = f"the pool {cidr} lies outside {node}'s SIDs {spec.sid_pool}, which alone are routed"
        yield Finding("error", where, f"{what} to it", f"did you mean {spec.sid_pool}?")
    elif taken := others.overlapping(cidr):
        yield _in_the_way(cidr, taken, where)


def _binding_sids(plan: Plan, cidr: Network, where: str, others: OtherPools) -> Iterator[Finding]:
    own, taken = plan.pools.policies, others.overlapping(cidr)
    if _holds(own, cidr):
        if taken:
            yield _in_the_way(cidr, taken, where)
        return
    what = f"the pool of binding SIDs {cidr} lies outside the plan's {own}"
    what += f" and overlaps {taken}" if taken else ""
    yield Finding("error" if taken else "warning", where, what, f"did you mean {own}?")


def _in_the_way(cidr: Network, taken: Reserved, where: str) -> Finding:
    """Where SIDs lie is the plan's to say, so it is the other pool that has to give way."""
    what = f"the pool of SIDs {cidr} overlaps {taken}"
    return Finding("error", where, what, f"first give {taken.owner} another cidr")


def _check_pods(
    plan: Plan, cidr: Network, where: str, others: OtherPools, plans_own: bool
) -> Iterator[Finding]:
    """Findings on a pod pool that overlaps what belongs to others, another pool among them.

    Only the plan's own pool was probably meant to have the plan's range. Another is beside it, and
    has to be, if the lab still has that one.
    """
    planned = plan.pools.pods_v4 if cidr.version == 4 else plan.pools.pods_v6
    if taken := conflict(cidr, [*reserved(plan), *others.earlier]):
        what = f"the pods' pool {cidr} overlaps {taken}"
        free = free_network(cidr, [*reserved(plan), *others.every], planned)
        yield Finding("error", where, what, f"cidr: {free}" if free else None)
    elif planned is None or not (_holds(planned, cidr) or others.has(planned)):
        what = f"the pods' pool {cidr} lies outside the plan's {planned or 'pools'}"
        meant = planned if plans_own else None
        yield Finding("warning", where, what, f"did you mean {meant}?" if meant else None)


def _holds(outer: Network, inner: Network) -> bool:
    return inner.network_address in outer and inner.broadcast_address in outer
