"""Where a probe was lost, and why, as its trace shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.plan.spf import sid_owner
from testbed.prove.path import Trace

Cause = Literal["never left", "lost on the link", "not forwarded", "segment not processed"]
CAUSES: tuple[Cause, ...] = get_args(Cause)


@dataclass(frozen=True)
class Loss:
    """The last node that a probe was seen at, and what did not happen there.

    "segment not processed": it arrived for an address or SID of this node, which is to process
    it. "not forwarded": it arrived for another node's. "lost on the link": it was sent on.
    """

    node: str
    cause: Cause

    def __str__(self) -> str:
        return f"lost at {self.node}: {self.cause}"


def loss_of(plan: Plan, one: Trace) -> Loss | None:
    """Where this probe was lost; None if it was delivered."""
    if one.delivered:
        return None
    last = one.hops[-1]
    if last.left is not None:
        return Loss(last.node, "lost on the link")
    if last.arrived is None:
        return Loss(last.node, "never left")
    mine = any(sid_owner(plan, sid) == last.node for sid in last.arrived.ahead[:1])
    return Loss(last.node, "segment not processed" if mine else "not forwarded")


def expected_loss(plan: Plan, node: str, because: str) -> Loss:
    """The loss that a negative control names. Raises TestbedError for an unknown node or cause."""
    if node not in plan.by_name:
        raise TestbedError(f"no node {node!r} to lose probes at", fix="name a node of the topology")
    for cause in CAUSES:
        if cause == because:
            return Loss(node, cause)
    raise TestbedError(f"no cause {because!r} of a loss", fix=f"one of: {', '.join(CAUSES)}")
