"""One picture of a running lab: what is there, and what is not as wanted and why."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from testbed.backbone import build
from testbed.lab import verify
from testbed.orchestrators.agent_status import agent_status
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.providers.namespaces import services
from testbed.providers.registry import all_states, provider_of


def overview(plan: Plan) -> dict[str, Any]:
    """The data behind `testbed status`; the agents' reports as NodeStatus."""
    programs = {
        name: {
            "state": info.statename,
            "description": info.description,
            "since": time.strftime("%H:%M:%S", time.localtime(info.stop or info.start)),
        }
        for name, info in sorted(all_states().items())
    }
    agents = {n.name: agent_status(n.name) for n in present(plan)}
    return {
        "topology": plan.topology,
        "profile": plan.profile,
        "box": provider_of(plan).describe(plan),
        "routers": [r.name for r in plan.routers],
        "hosts": [h.name for h in plan.nodes if h.role.value == "host"],
        "nodes": agents,
        "pods": [vars(p) for p in orchestrator_of(plan).pods(plan)],
        "programs": programs,
        "problems": problems(plan, programs),
    }


def to_json(view: dict[str, Any]) -> dict[str, Any]:
    """What overview() returns, as the stable JSON of `testbed status --format json`."""
    nodes = {name: status and status.to_json() for name, status in view["nodes"].items()}
    return {**view, "nodes": nodes}


def problems(plan: Plan, programs: dict[str, dict[str, Any]]) -> list[str]:
    """Everything that is not as wanted, with its cause where that is known."""
    said = [f"{name} is gone: `testbed up` rebuilds the lab" for name in build.damage(plan)]
    if said:
        return said
    said += [
        _describe_failed(name, program)
        for name, program in programs.items()
        if program["state"] not in ("RUNNING", "STARTING")
    ]
    said += orchestrator_of(plan).problems(plan)
    said += _links_down(plan)
    said += verify.backbone_problems(plan)
    return said + verify.cluster_problems(plan)


def _describe_failed(name: str, program: dict[str, Any]) -> str:
    """A program that does not run: since when, and its last words."""
    words = last_line(services.log_file(name))
    why = f": {words}" if words else f" ({program['description']})"
    return f"{name} is {program['state']} since {program['since']}{why}; `testbed logs {name}`"


def last_line(log: Path) -> str:
    """The last line of a log that says something; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _links_down(plan: Plan) -> list[str]:

    from testbed.host.run import run

    links = {port: link for link in plan.links for port in (link.a, link.b)}
    down = []
    for router in plan.routers:
        listed = json.loads(run(["ip", "-n", router.name, "-j", "link", "show"]).stdout)
        cut = {shown["ifname"] for shown in listed if "UP" not in shown["flags"]}
        for port in plan.ports_of(router.name):
            if port.interface in cut:
                ends = f"{links[port].a.node} {links[port].b.node}"
                down.append(f"{port.interface} is down (`testbed link up {ends}`)")
    return down
