"""Which cluster nodes have joined the lab: those that hold their agent's configuration."""

from __future__ import annotations

from pathlib import Path

from testbed.paths import NODES
from testbed.plan.model import Node, Plan


def agent_file(name: str) -> Path:
    """The agent's configuration of a node; it is there from joining to leaving."""
    return NODES / name / "agent.json"


def present(plan: Plan) -> list[Node]:
    """The cluster nodes that have joined."""
    return [n for n in plan.cluster if agent_file(n.name).exists()]


def at_start(plan: Plan) -> list[Node]:
    """The cluster nodes that are to be there from the beginning."""
    return [n for n in plan.cluster if n.cluster and not n.cluster.joins_later]
