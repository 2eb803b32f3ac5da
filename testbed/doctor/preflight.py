"""The checks without which `up` need not begin; the rest is `testbed doctor`'s."""

from __future__ import annotations

from testbed.doctor.cluster import cluster_checks
from testbed.doctor.kernel import required_checks
from testbed.doctor.machine import host_checks
from testbed.doctor.verdict import Verdict
from testbed.doctor.virtual import INSTALL, missing_programs, virtual_checks
from testbed.errors import MachineUnfit


def cluster_preflight() -> list[Verdict]:
    """Warnings to pass on. Raises MachineUnfit with what makes Kubernetes impossible."""
    verdicts = cluster_checks()
    _refuse_failed(verdicts)
    return [v for v in verdicts if v.level == "warn"]


def virtual_preflight(machines: int) -> list[Verdict]:
    """Warnings to pass on. Raises MachineUnfit with what makes virtual machines impossible."""
    missing = missing_programs()
    if missing:
        raise MachineUnfit(
            "this machine has not what virtual machines need", why=", ".join(missing), fix=INSTALL
        )
    verdicts = virtual_checks(machines)
    _refuse_failed(verdicts)
    return [v for v in verdicts if v.level == "warn"]


def preflight() -> list[Verdict]:
    """Warnings to pass on. Raises MachineUnfit with everything that makes a lab impossible."""
    verdicts = host_checks()
    _refuse_failed(verdicts)
    _refuse_failed(required_checks())  # they need the programs checked before
    return [v for v in verdicts if v.level == "warn"]


def _refuse_failed(verdicts: list[Verdict]) -> None:
    failed = [v for v in verdicts if v.level == "fail"]
    if failed:
        raise MachineUnfit(
            "this machine cannot run a lab",
            why="; ".join(f"{v.check} {v.seen}" for v in failed),
            fix=f"{'; '.join(dict.fromkeys(v.fix for v in failed if v.fix))}; testbed doctor",
        )
