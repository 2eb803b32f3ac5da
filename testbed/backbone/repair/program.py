"""Local repair as a program that the lab's supervisor keeps, and what `status` says of it."""

from __future__ import annotations

from collections.abc import Iterator

from testbed.backbone.repair.ip_commands import TO_BACKUPS, TO_DETOURS
from testbed.backbone.repair.keeper import repairs_at
from testbed.backbone.repair.kernel import places_in
from testbed.engine.repair.routes import RepairPlan
from testbed.errors import CheckFailed
from testbed.host.supervisor import Program, Supervisor
from testbed.interpreter import own_program
from testbed.plan.model import Plan

NAME = "repair"  # no node's: it has the routers of the lab in one process
_SHOWN = 3  # prefixes of one router that are named


def start(plan: Plan, supervisor: Supervisor) -> None:
    """Have it kept running, if the plan wants it."""
    if plan.repair != "off":
        command = tuple(own_program("testbed.backbone.repair.repair_main"))
        supervisor.add([Program(NAME, "", command)])


def problems(plan: Plan) -> list[str]:
    """Backups that routers lack, as sentences."""
    return [] if plan.repair == "off" else list(_problems(plan))


def _problems(plan: Plan) -> Iterator[str]:
    routes = RepairPlan(plan)
    rules = (TO_BACKUPS, TO_DETOURS) if plan.bfd else (TO_BACKUPS,)
    for router in (node.name for node in plan.routers):
        try:
            backups = repairs_at(plan, router).of(router, plan.repair)
        except CheckFailed as error:
            yield f"{router}: {error.what}, so its backups are not known (`{error.fix}`)"
            continue
        wanted = [*routes.unpacking(router), *routes.backups(backups)]
        there = {(place.table, place.prefix) for place in places_in(router)}
        missing = {(r.place.table, r.place.prefix) for r in wanted} - there
        if missing or not all(rule.is_in(router) for rule in rules):
            names = ", ".join(sorted(str(prefix) for _, prefix in missing)[:_SHOWN])
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            lacking = f"no backup for {names}{more}" if missing else "no rule for its backups"
            yield f"{router}: {lacking} (`testbed logs {NAME}`)"
