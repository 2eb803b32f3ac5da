"""Text and size of the box that stands for a host, injector or cluster node."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.plan.model import Node, Plan, Role
from testbed.report.graph.scene import text_width
from testbed.report.graph.style import DETAIL_SIZE, HOST_SIZE, NAME_SIZE


@dataclass(frozen=True)
class Label:
    """The text of one attached node; sizes in pixels."""

    node: str
    role: Role
    name: str
    details: tuple[str, ...]
    width: float
    height: float


def label_of(plan: Plan, node: Node) -> Label:
    """The label of a node: with addresses and SID pool, except for hosts, which show their name."""
    if node.role is Role.HOST:
        width = max(30.0, text_width(node.name, HOST_SIZE) + 10)
        return Label(node.name, node.role, node.name, (), width, 16.0)
    details = [_format_addresses(plan, node)]
    if node.cluster:
        details.append(f"SID pool {node.cluster.sid_pool}")
    name = f"{node.name} (joins later)" if node.cluster and node.cluster.joins_later else node.name
    width = max(
        1.1 * text_width(name, NAME_SIZE), *(text_width(line, DETAIL_SIZE) for line in details)
    )
    return Label(node.name, node.role, name, tuple(details), width + 18, 30.0 + 13 * len(details))


def _format_addresses(plan: Plan, node: Node) -> str:
    v4 = plan.address_v4(node.name)
    v6 = str(plan.address_v6(node.name))
    return f"{v6} · {v4}" if v4 else v6
