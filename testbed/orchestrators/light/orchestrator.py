"""The orchestrator `none`: a directory plays the API, agents alone run, pods are namespaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from testbed.orchestrators import agents
from testbed.orchestrators.api import Api, DirectoryApi
from testbed.orchestrators.light import pods
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Node, Plan
from testbed.report.event import Event, EventSource


class Light:
    """An Orchestrator."""

    programs: tuple[str, ...] = ("gobgp",)

    def image_store(self) -> Path | None:
        """Pods are no containers."""
        return None

    def api(self, plan: Plan) -> Api:
        return DirectoryApi()

    def start(self, plan: Plan, nodes: Sequence[Node], gobgpd: Path, fresh: bool) -> None:
        if fresh:
            agents.prepare_api(plan, DirectoryApi())
        agents.join(plan, nodes, gobgpd, DirectoryApi())

    def control_plane(self, plan: Plan, gobgpd: Path, fresh: bool) -> None:
        """The directory is there at once."""

    def ready(self, plan: Plan) -> None:
        """Nodes are ready as soon as their agents are."""

    def well(self, plan: Plan) -> None:
        """There is nothing besides the agents."""

    def problems(self, plan: Plan) -> list[str]:
        return pods.problems()

    def join(self, plan: Plan, nodes: Sequence[Node], gobgpd: Path) -> None:
        agents.join(plan, nodes, gobgpd, DirectoryApi())

    def leave(self, plan: Plan, node: Node) -> None:
        agents.leave(plan, node, DirectoryApi())

    def create_pod(self, plan: Plan, name: str, node: str) -> Pod:
        return pods.create(name, node)

    def ensure_pods(self, plan: Plan, wanted: Mapping[str, str]) -> None:
        there = {pod.name for pod in pods.listing()}
        for name, node in wanted.items():
            if name not in there:
                pods.create(name, node)

    def delete_pod(self, plan: Plan, name: str) -> None:
        pods.delete(name)

    def container_command(
        self, plan: Plan, pod: str, command: Sequence[str], terminal: bool
    ) -> list[str] | None:
        """The host's programs, in the pod's network."""
        return None

    def pods(self, plan: Plan) -> list[Pod]:
        return pods.listing()

    def events(self, plan: Plan) -> list[Event]:
        """None: agents' logs have it all."""
        return []

    def follow_events(self, plan: Plan) -> list[EventSource]:
        return []
