"""Reads the status of a running lab: what is there, and what is not as wanted and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from testbed.backbone import build, link_mtu
from testbed.backbone.repair import program as repair
from testbed.host.wait import wait_for
from testbed.lab import verify
from testbed.lab.access.links import name_link
from testbed.lab.black_holes import black_holes
from testbed.lab.bound_policies import bound_policies
from testbed.lab.measure import measure
from testbed.lab.te import detours
from testbed.orchestrators.agent_status import agent_status
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Link, Plan, Role
from testbed.providers.members import present
from testbed.providers.namespaces import services
from testbed.providers.registry import all_states, provider_of
from testbed.report.lab_status import LabStatus, PodLine, ProgramLine
from testbed.te.owners import Owners

LOOK = 0.5  # seconds between two looks at a lab


def read_lab_status(plan: Plan, probe: bool = False) -> LabStatus:
    """Look at everything once: programs, agents, pods, routes. Raises TestbedError.

    `probe`: also send probes between pods; what is lost is a problem.
    """
    measured = measure(plan) if probe and not build.damage(plan) else None
    programs = {
        name: ProgramLine(
            state=info.statename,
            description=info.description,
            since=info.since,
        )
        for name, info in sorted(all_states().items())
    }
    return LabStatus(
        topology=plan.topology,
        profile=plan.profile,
        box=provider_of(plan).describe(plan),
        routers=tuple(r.name for r in plan.routers),
        hosts=tuple(h.name for h in plan.of(Role.HOST)),
        nodes={n.name: agent_status(n.name) for n in present(plan)},
        pods=tuple(PodLine(**vars(pod)) for pod in orchestrator_of(plan).pods(plan)),
        programs=programs,
        problems=(*find_problems(plan, programs), *(measured.lost if measured else ())),
        measured=measured,
    )


def wait_until_as_wanted(plan: Plan, timeout: float) -> None:
    """Look until nothing is wrong. Raises CheckFailed after `timeout` seconds, with what is."""

    def probe() -> tuple[bool | None, str]:
        problems = read_lab_status(plan).problems
        return (None if problems else True), "; ".join(problems[:3])

    fix = "testbed status; `testbed up` repairs"
    wait_for("everything to be as wanted", probe, timeout, LOOK, fix)


def find_problems(plan: Plan, programs: Mapping[str, ProgramLine]) -> list[str]:
    """Everything that is not as wanted, with its cause where that is known."""
    found = [f"{name} is gone: `testbed up` rebuilds the lab" for name in build.damage(plan)]
    if found:
        return found
    found += [
        _describe_failed(name, program)
        for name, program in programs.items()
        if program.state not in ("RUNNING", "STARTING")
    ]
    found += orchestrator_of(plan).problems(plan)
    cut = build.links_down(plan)
    found += [_describe_cut(plan, link) for link in cut]
    found += [f"{one} (`testbed up` repairs it)" for one in link_mtu.resized(plan)]
    if not cut:  # its routes went with the link
        found += verify.static_problems(plan)
    found += _policies_into_nothing(plan)
    found += detours.told(plan)
    found += verify.backbone_problems(plan)
    found += repair.problems(plan)
    return found + verify.cluster_problems(plan)


def _policies_into_nothing(plan: Plan) -> list[str]:
    statuses = [status for node in present(plan) if (status := agent_status(node.name))]
    owners = Owners(plan, policies=bound_policies(statuses))
    return [
        problem
        for status in statuses
        for problem in black_holes(owners, status.node, status.policies)
    ]


def _describe_failed(name: str, program: ProgramLine) -> str:
    """A program that does not run: since when, and its last words."""
    words = last_line(services.log_file(name))
    why = f": {words}" if words else f" ({program.description})"
    return f"{name} is {program.state} since {program.since}{why}; `testbed logs {name}`"


def last_line(log: Path) -> str:
    """The last line of a log that says something; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _describe_cut(plan: Plan, link: Link) -> str:
    return f"{link.a.interface} is down (`testbed link up {name_link(plan, link)}`)"
