"""Checks a resolved plan; every check yields its problems, and none stops at the first."""

from __future__ import annotations

from testbed.plan.checks import (
    addresses,
    lans,
    links,
    overlaps,
    shaping,
    sids,
    sizes,
    structure,
)
from testbed.plan.model import Plan
from testbed.plan.problems import Problem

CHECKS = (
    links.self_loops,
    links.interface_names,
    links.te_attributes,
    addresses.unique,
    addresses.ends,
    lans.lans,
    overlaps.overlaps,
    structure.connected,
    structure.attachments,
    structure.control_plane,
    sids.sid_pools,
    sids.sids_in_pools,
    sids.sids_unique,
    sids.micro_sids,
    sizes.link_mtu,
    sizes.pod_blocks,
    links.parallel_metrics,
    links.parallel_count,
    links.next_hops,
    links.path_metrics,
    shaping.loss_and_bandwidth,
    shaping.delays,
)


def validate(plan: Plan) -> list[Problem]:
    """Every structural error of the plan, in plan order."""
    return [problem for check in CHECKS for problem in check(plan)]
