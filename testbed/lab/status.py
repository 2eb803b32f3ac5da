"""One picture of a running lab: what is there, and what is not as wanted and why."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from testbed import paths
from testbed.backbone import build
from testbed.lab import pods, verify
from testbed.orchestrators.agents import present
from testbed.plan.model import Plan
from testbed.providers.namespaces import services
from testbed.providers.registry import all_states
from testbed.providers.vagrant.machines import Files

DISK_LOW = 64 << 20  # bytes; etcd alone takes as much at a time


def overview(plan: Plan) -> dict[str, Any]:
    """The data behind `testbed status`; the agents' reports as NodeStatus."""
    programs = {
        name: {
            "state": info["statename"],
            "description": info["description"],
            "since": time.strftime("%H:%M:%S", time.localtime(info["stop"] or info["start"])),
        }
        for name, info in sorted(all_states().items())
    }
    agents = {node.name: verify.agent_status(node.name) for node in present(plan)}
    return {
        "topology": plan.topology,
        "profile": plan.profile,
        "box": box(plan),
        "routers": [r.name for r in plan.routers],
        "hosts": [h.name for h in plan.nodes if h.role.value == "host"],
        "nodes": agents,
        "pods": [vars(p) for p in pods.listing(plan)],
        "programs": programs,
        "problems": problems(plan, programs),
    }


def to_json(view: dict[str, Any]) -> dict[str, Any]:
    """What overview() returns, as the stable JSON of `testbed status --format json`."""
    nodes = {name: status and status.to_json() for name, status in view["nodes"].items()}
    return {**view, "nodes": nodes}


def box(plan: Plan) -> dict[str, str] | None:
    """Which box the lab's virtual machines were made from; None without any."""
    file = Files.of(paths.DATA.readlink()).box if plan.virtual else None
    if file is None or not file.exists():
        return None
    record = json.loads(file.read_text())
    return {key: record[key] for key in ("name", "version", "asked", "sha256") if key in record}


def problems(plan: Plan, programs: dict[str, dict[str, Any]]) -> list[str]:
    """Everything that is not as wanted, with its cause where that is known."""
    said = [f"{name} is gone: `testbed up` rebuilds the lab" for name in build.damage(plan)]
    if said:
        return said
    said += [
        _ill(name, program)
        for name, program in programs.items()
        if program["state"] not in ("RUNNING", "STARTING")
    ]
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import health

        said += health.problems(plan)
        said += disk_problems(shutil.disk_usage(paths.DATA).free, paths.DATA.readlink())
    said += _links_down(plan)
    said += verify.backbone_problems(plan)
    return said + verify.cluster_problems(plan)


def disk_problems(free: int, data: Path) -> list[str]:
    """What a lab's disk with so many bytes left keeps from working."""
    if free >= DISK_LOW:
        return []
    return [f"{free >> 20} MB are free for {data}: etcd and new pods need more, make room"]


def _ill(name: str, program: dict[str, Any]) -> str:
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
    import json

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
