"""`testbed.nodes`: cluster nodes that come and go, what they report, hold and forward."""

from __future__ import annotations

import json
from pathlib import Path

from testbed.agent.contract import NodeStatus
from testbed.agent.desired.routes import PROTOCOL
from testbed.lab import state, verify
from testbed.lab.access.locate import run_in
from testbed.paths import NODES
from testbed.plan.model import Node
from testbed.providers.registry import all_states
from testbed.scenario.api.context import Context


class Nodes:
    """The cluster nodes; `testbed.nodes()` lists those that have joined."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._members: list[str] | None = None  # before the scenario changed them

    def __call__(self) -> list[Node]:
        """The cluster nodes that have joined."""
        return self._context.present_nodes()

    def status(self, node: str) -> NodeStatus:
        """What the node's agent reported last."""
        return self._context.status(node)

    def join(self, *nodes: str) -> None:
        """Bring cluster nodes up whose ports exist; returns when the overlay is complete."""
        self._remember_members()
        self._bring_up(*nodes)

    def leave(self, node: str) -> None:
        """Take a cluster node away; returns when all others have forgotten it."""
        self._remember_members()
        self._take_away(node)
        self._context.wait(
            f"the other nodes to forget {node}",
            lambda: not any(self._knows_node(other.name, node) for other in self()),
        )

    def _remember_members(self) -> None:
        """When the scenario ends, the cluster has the nodes that it had before."""
        if self._members is None:
            self._members = [node.name for node in self()]
            self._context.undo.callback(self._restore_members, self._members)

    def _restore_members(self, names: list[str]) -> None:
        for node in self._context.plan.cluster:
            if node.name not in names:
                self._take_away(node.name)
        self._bring_up(*names)

    def _bring_up(self, *nodes: str) -> None:
        plan = self._context.plan
        missing = [plan.node(node) for node in nodes if not self._is_member(node)]
        if missing:
            self._context.orchestrator.join(plan, missing, state.gobgpd())
        verify.cluster_complete(plan)

    def _take_away(self, node: str) -> None:
        if self._is_member(node):
            self._context.orchestrator.leave(self._context.plan, self._context.plan.node(node))

    def _is_member(self, node: str) -> bool:
        return node in {n.name for n in self()}

    def _knows_node(self, node: str, other: str) -> bool:
        """Has a node still a policy towards another, or a session?"""
        status, address = self.status(node), str(self._context.plan.address_v6(other))
        entries = [policy.endpoint for policy in status.policies]
        return address in entries + [session.address for session in status.sessions]

    def configuration(self, node: str) -> dict[str, object]:
        """What a node was configured with, and which processes it runs since when."""
        return {
            "agent.json": _read_text(NODES / node / "agent.json"),
            "programs": {
                name: (info.pid, info.start)
                for name, info in all_states().items()
                if name.startswith(f"{node}.")
            },
        }

    def routes(self, node: str) -> dict[str, list[str]]:
        """The node's overlay routes, normalised: destination → encapsulation, for comparing."""
        lines: dict[str, list[str]] = {}
        for family in ("-4", "-6"):
            command = ["ip", family, "-j", "route", "show", "proto", str(PROTOCOL), "table", "all"]
            for route in json.loads(run_in(self._context.plan, node, command).stdout or "[]"):
                kept = {k: v for k, v in route.items() if k not in ("flags", "pref", "metric")}
                lines.setdefault(str(route["dst"]), []).append(json.dumps(kept, sort_keys=True))
        return {destination: sorted(found) for destination, found in sorted(lines.items())}


def _read_text(file: Path) -> str | None:
    return file.read_text() if file.exists() else None
