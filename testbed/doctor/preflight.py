"""Runs the checks that `up` depends on; `testbed doctor` runs all of them."""

from __future__ import annotations

from collections.abc import Callable

from testbed.doctor.cluster import cluster_checks
from testbed.doctor.kernel import check_micro_sids, required_checks
from testbed.doctor.machine import host_checks
from testbed.doctor.open_files import check_open_files
from testbed.doctor.verdict import Verdict
from testbed.doctor.virtual import INSTALL, missing_programs, virtual_checks
from testbed.errors import MachineUnfit
from testbed.plan.limits import open_files
from testbed.plan.model import Plan


def preflight() -> list[Verdict]:
    """Warnings to pass on. Raises MachineUnfit with everything that makes a lab impossible."""
    verdicts = host_checks()
    _refuse_failed(verdicts)
    _refuse_failed(required_checks())  # they need the programs checked before
    return _collect_warnings(verdicts)


def plan_preflight(plan: Plan) -> list[Verdict]:
    """Warnings on what this plan needs beyond a light lab. Raises MachineUnfit."""
    found: list[Verdict] = []
    micro = [check_micro_sids()] if plan.encoding == "usid" else []
    _refuse_failed([check_open_files(open_files(plan)), *micro])
    for checks in (_BY_ORCHESTRATOR.get(plan.orchestrator), _BY_PROVIDER.get(plan.backend)):
        verdicts = checks(plan) if checks else []
        _refuse_failed(verdicts)
        found += _collect_warnings(verdicts)
    return found


def _check_kubernetes(_plan: Plan) -> list[Verdict]:
    return cluster_checks()


def _check_machines(plan: Plan) -> list[Verdict]:
    missing = missing_programs()
    if missing:
        raise MachineUnfit(
            "this machine has not what virtual machines need", why=", ".join(missing), fix=INSTALL
        )
    return virtual_checks(len(plan.cluster))


Checks = Callable[[Plan], list[Verdict]]
# What `up` checks first, by orchestrator and by provider; the others need no more than a light lab.
_BY_ORCHESTRATOR: dict[str, Checks] = {"kubernetes": _check_kubernetes}
_BY_PROVIDER: dict[str, Checks] = {"vagrant": _check_machines}


def _collect_warnings(verdicts: list[Verdict]) -> list[Verdict]:
    return [v for v in verdicts if v.level == "warn"]


def _refuse_failed(verdicts: list[Verdict]) -> None:
    failed = [v for v in verdicts if v.level == "fail"]
    if failed:
        raise MachineUnfit(
            "this machine cannot run a lab",
            why="; ".join(f"{v.check} {v.seen}" for v in failed),
            fix=f"{'; '.join(dict.fromkeys(v.fix for v in failed if v.fix))}; testbed doctor",
        )
