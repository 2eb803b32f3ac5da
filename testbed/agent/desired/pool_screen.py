"""Takes out the IPPools that overlap what belongs to others: nobody uses such a pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from testbed.agent.model.objects import IPPool, Objects, Report
from testbed.object_fields.reserved import Reserved, conflict


def screen(objects: Objects, reserved: Sequence[Reserved]) -> Objects:
    """The same without such pools, and with a problem for each."""
    refused = {pool: why for pool in objects.pools if (why := _find_conflict(pool, reserved))}
    reports = tuple(Report(pool.ref, why) for pool, why in refused.items())
    return replace(
        objects,
        pools=tuple(pool for pool in objects.pools if pool not in refused),
        problems=(*objects.problems, *(report.why for report in reports)),
        reports=(*objects.reports, *reports),
    )


def _find_conflict(pool: IPPool, reserved: Sequence[Reserved]) -> str:
    taken = conflict(pool.cidr, reserved, for_sids=not pool.for_pods)
    return f"IPPool {pool.name} ({pool.cidr}) overlaps {taken}: it is not used" if taken else ""
