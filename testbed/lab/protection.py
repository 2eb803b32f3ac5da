"""How the routers of a running lab are protected now: by their link states and their kernels."""

from __future__ import annotations

from testbed.backbone.repair.keeper import repairs_at
from testbed.backbone.repair.kernel import places_in
from testbed.engine.repair.routes import TABLE
from testbed.plan.model import Plan, Repair
from testbed.report.protection import ProtectionReport, report

_WHERE_OFF: Repair = "node"  # what is computed where nothing is installed


def protection_of(plan: Plan) -> ProtectionReport:
    """Every router's backups by what its isisd knows. Raises CheckFailed if one says nothing."""
    protects = plan.repair if plan.repair != "off" else _WHERE_OFF
    routers = [node.name for node in plan.routers]
    backups = [b for name in routers for b in repairs_at(plan, name).of(name, protects)]
    installed = {
        name: {place.prefix for place in places_in(name) if place.table == TABLE}
        for name in routers
    }
    return report(protects, backups, installed)
