"""Checks that IPPools of pods, local SIDs and binding SIDs stay in their own ranges."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Network, ip_network

from testbed.object_fields.ippool import DEFAULT_BLOCK
from testbed.object_fields.reserved import conflict
from testbed.plan.model import Plan
from testbed.plan.reserved import reserved
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint import calico_objects
from testbed.te.lint.findings import Finding, errors
from testbed.te.lint.nodes import unknown_node

LOCALSID_POOL, POLICY_POOL = "sr-localsids-pool-", "sr-policies-pool"
_LONGEST = 128  # of any block's length; more the schema refuses
PLANS_OWN = ("default-ipv4-ippool", "default-ipv6-ippool")  # the pools of pods that `up` makes


def pool(plan: Plan, document: Value) -> Iterator[Finding]:
    """Findings on an IPPool, by the role that its name gives it."""
    name, where = calico_objects.name(document), calico_objects.where(document, "cidr")
    cidr = ip_network(calico_objects.text(document, "cidr"))
    yield from _one_overlay(document)
    if name.startswith(LOCALSID_POOL):
        yield from _local_sids(plan, document, name.removeprefix(LOCALSID_POOL))
    elif name == POLICY_POOL:
        own = plan.pools.policies
        if not (isinstance(cidr, IPv6Network) and cidr.subnet_of(own)):
            what = f"the pool of binding SIDs {cidr} lies outside the plan's {own}"
            yield Finding("warning", where, what, f"did you mean {own}?")
    else:
        found = [*_check_pods(plan, cidr, where, name in PLANS_OWN)]
        yield from found if errors(found) else [*found, *_blocks_fit(document, cidr)]


def _one_overlay(document: Value) -> Iterator[Finding]:
    modes = {mode: calico_objects.text(document, mode) for mode in ("ipipMode", "vxlanMode")}
    if all(mode not in ("", "Never") for mode in modes.values()):
        what = "ipipMode and vxlanMode cannot both be used"
        where = calico_objects.where(document, "vxlanMode")
        yield Finding("error", where, what, "set one of them to Never")


def _blocks_fit(document: Value, cidr: calico_objects.Network) -> Iterator[Finding]:
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


def _local_sids(plan: Plan, document: Value, node: str) -> Iterator[Finding]:
    if node not in {n.name for n in plan.cluster}:
        yield unknown_node(plan, node, document.where)
        return
    spec, cidr = plan.node(node).cluster, ip_network(calico_objects.text(document, "cidr"))
    assert spec is not None  # it is a cluster node
    if not (isinstance(cidr, IPv6Network) and cidr.subnet_of(spec.sid_pool)):
        what = f"the pool {cidr} lies outside {node}'s SIDs {spec.sid_pool}, which alone are routed"
        fix = f"did you mean {spec.sid_pool}?"
        yield Finding("error", calico_objects.where(document, "cidr"), f"{what} to it", fix)


def _check_pods(
    plan: Plan, cidr: calico_objects.Network, where: str, plans_own: bool
) -> Iterator[Finding]:
    """Findings on a pod pool that overlaps what belongs to others.

    Only the plan's own pool was probably meant to have the plan's range; another is beside it.
    """
    planned = plan.pools.pods_v4 if cidr.version == 4 else plan.pools.pods_v6
    if taken := conflict(cidr, reserved(plan)):
        what = f"the pods' pool {cidr} overlaps {taken}"
        yield Finding("error", where, what, f"stay inside {planned}" if planned else None)
    elif planned is None or not _is_inside(cidr, planned):
        what = f"the pods' pool {cidr} lies outside the plan's {planned or 'pools'}"
        meant = planned if plans_own else None
        yield Finding("warning", where, what, f"did you mean {meant}?" if meant else None)


def _is_inside(cidr: calico_objects.Network, other: calico_objects.Network) -> bool:
    first, last = cidr.network_address, cidr.broadcast_address
    return first in other and last in other
