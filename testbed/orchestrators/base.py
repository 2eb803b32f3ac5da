"""What the rest of the testbed knows of the programs that run pods.

An orchestrator is a folder with the same files as the others: `orchestrator.py` (this protocol)
and `pods.py` (pods made, listed, removed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from testbed.orchestrators.api import Api
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Node, Plan
from testbed.report.event import Event, EventSource


class Orchestrator(Protocol):
    """What runs the pods of a lab; chosen by testbed.orchestrators.registry.

    The process is inside the lab, but for image_store(). Every call raises TestbedError on
    failure.
    """

    programs: tuple[str, ...]  # pinned programs that it needs; empty: all of them

    def image_store(self) -> Path | None:
        """The store of images that nodes start with, made now if missing; outside of any lab."""

    def api(self, plan: Plan) -> Api:
        """Where the objects of this lab lie."""

    def start(self, plan: Plan, nodes: Sequence[Node], gobgpd: Path, fresh: bool) -> None:
        """Start these cluster nodes; what runs already stays as it is."""

    def control_plane(self, plan: Plan, gobgpd: Path, fresh: bool) -> None:
        """Wait until objects can be made, and make those that every lab has.

        In a lab that is not fresh, only those that are missing: users may have changed the others.
        """

    def ready(self, plan: Plan) -> None:
        """Wait until every node can take pods."""

    def well(self, plan: Plan) -> None:
        """Wait until nothing is wrong with it, names of Services included."""

    def problems(self, plan: Plan) -> list[str]:
        """What is not well, in words, right now."""

    def join(self, plan: Plan, nodes: Sequence[Node], gobgpd: Path) -> None:
        """Bring nodes up whose ports are there; returns when they can take pods."""

    def leave(self, plan: Plan, node: Node) -> None:
        """Take a node away; its port stays."""

    def create_pod(self, plan: Plan, name: str, node: str) -> Pod:
        """Start a pod on a node; returns when it runs."""

    def ensure_pods(self, plan: Plan, wanted: Mapping[str, str]) -> None:
        """Have these pods, name → node, started at once where that is possible."""

    def delete_pod(self, plan: Plan, name: str) -> None:
        """Remove a pod; its addresses are free afterwards."""

    def container_command(
        self, plan: Plan, pod: str, command: Sequence[str], terminal: bool
    ) -> list[str] | None:
        """What runs a command in a pod's container; None where a pod is a network alone."""

    def pods(self, plan: Plan) -> list[Pod]:
        """All pods, by name."""

    def events(self, plan: Plan) -> list[Event]:
        """What it keeps of what happened, beside the logs of programs."""

    def follow_events(self, plan: Plan) -> list[EventSource]:
        """The same as sources that go on; each is read by a thread of its own."""
