"""What agents report of their nodes, as the lab reads it."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.agent.contract import NodeStatus
from testbed.agent.status_file import read_status
from testbed.host.wait import wait_for
from testbed.paths import NODES
from testbed.plan.model import Plan
from testbed.providers.members import present


def agent_status(node: str) -> NodeStatus | None:
    """The status that a node's agent wrote last, or None before its first."""
    return read_status(NODES / node / "status.json")


def generations(plan: Plan) -> dict[str, int]:
    """Node → how many statuses its agent has written."""
    statuses = {node.name: agent_status(node.name) for node in present(plan)}
    return {name: status.generation for name, status in statuses.items() if status}


def reported_anew(plan: Plan, before: Mapping[str, int]) -> None:
    """Wait until every node's agent has written a status after those counted in `before`."""

    old: list[str] = []

    def probe() -> tuple[bool | None, str]:
        now = generations(plan)
        old[:] = [n.name for n in present(plan) if now.get(n.name, 0) <= before.get(n.name, 0)]
        return (None if old else True), f"not from {', '.join(old)}"

    wait_for(
        "the agents to report anew", probe, timeout=60, fix=lambda: f"testbed logs {old[0]}.agent"
    )
