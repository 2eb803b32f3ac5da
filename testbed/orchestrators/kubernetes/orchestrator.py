"""The orchestrator `kubernetes`: an API server, and pods that are containers."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from testbed import paths
from testbed.orchestrators.kubernetes import container, health, lifecycle, pods, renewal, reports
from testbed.orchestrators.kubernetes.api import KubernetesApi, connect
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Node, Plan
from testbed.providers.members import present
from testbed.providers.storage import Storage, disk_problems
from testbed.report.event import Event, EventSource


class Kubernetes:
    """An Orchestrator."""

    programs: tuple[str, ...] = ()

    def image_store(self) -> Path | None:
        from testbed.images.build.builtin import recipes
        from testbed.images.build.make import make_images
        from testbed.images.store.node_store import store_template

        return store_template(make_images(recipes()))

    def api(self, plan: Plan) -> KubernetesApi:
        return connect(plan)

    def start(self, plan: Plan, nodes: Sequence[Node], gobgpd: Path, fresh: bool) -> None:
        lifecycle.start(plan, nodes, gobgpd, Storage.of_lab())

    def control_plane(self, plan: Plan, gobgpd: Path, fresh: bool) -> None:
        lifecycle.start_control_plane(plan, present(plan), gobgpd, Storage.of_lab(), fresh)

    def ready(self, plan: Plan) -> None:
        lifecycle.ready(plan, present(plan))

    def well(self, plan: Plan) -> None:
        health.well(plan)

    def problems(self, plan: Plan) -> list[str]:
        free, data = shutil.disk_usage(paths.DATA).free, paths.DATA.readlink()
        due = renewal.problems(plan, datetime.now(timezone.utc))
        return health.problems(plan) + due + disk_problems(free, data)

    def join(self, plan: Plan, nodes: Sequence[Node], gobgpd: Path) -> None:
        lifecycle.join(plan, nodes, gobgpd, Storage.of_lab())

    def leave(self, plan: Plan, node: Node) -> None:
        lifecycle.leave(plan, node)

    def create_pod(self, plan: Plan, name: str, node: str) -> Pod:
        return pods.create(plan, name, node)

    def ensure_pods(self, plan: Plan, wanted: Mapping[str, str]) -> None:
        pods.ensure(plan, wanted)

    def delete_pod(self, plan: Plan, name: str) -> None:
        pods.delete(plan, name)

    def container_command(
        self, plan: Plan, pod: str, command: Sequence[str], terminal: bool
    ) -> list[str] | None:
        return container.exec_command(plan, pod, command, terminal)

    def pods(self, plan: Plan) -> list[Pod]:
        return pods.listing(plan)

    def events(self, plan: Plan) -> list[Event]:
        client = connect(plan).client
        return [event for path in reports.SOURCES for event in reports.listed(client, path)[0]]

    def follow_events(self, plan: Plan) -> list[EventSource]:
        # a watch needs a connection of its own
        return [partial(reports.watched, connect(plan).client, path) for path in reports.SOURCES]
