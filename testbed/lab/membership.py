"""How cluster nodes come and go: as agents alone, or as nodes of a Kubernetes cluster."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from testbed import paths
from testbed.lab import state
from testbed.orchestrators import agents
from testbed.orchestrators.api import Api, DirectoryApi
from testbed.plan.model import Node, Plan

if TYPE_CHECKING:
    from testbed.orchestrators.kubernetes.api import KubernetesApi
    from testbed.orchestrators.kubernetes.storage import Storage


def api(plan: Plan) -> Api:
    """Where the objects of this lab lie."""
    return kubernetes_api(plan) if plan.kubernetes else DirectoryApi()


def kubernetes_api(plan: Plan) -> KubernetesApi:
    """The API server of a Kubernetes lab."""
    from testbed.orchestrators.kubernetes.api import connect

    return connect(plan)


def start(plan: Plan, gobgpd: Path, fresh: bool) -> None:
    """Start the cluster nodes that are to be there from the beginning, or that are there."""
    members = [n for n in plan.cluster if n.cluster and not n.cluster.joins_later]
    if not fresh:
        members = agents.present(plan) or members
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import lifecycle

        lifecycle.start(plan, members, gobgpd, _storage())
        return
    if fresh:
        agents.prepare_api(plan, DirectoryApi())
    agents.join(plan, members, gobgpd, DirectoryApi())


def control(plan: Plan) -> None:
    """Wait for Kubernetes' API server, and give it what every lab has."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import lifecycle

        lifecycle.control(plan, agents.present(plan), state.gobgpd(), _storage())


def ready(plan: Plan) -> None:
    """Wait for Kubernetes to call every node Ready."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import lifecycle

        lifecycle.ready(plan, agents.present(plan))


def certificates_end(plan: Plan) -> datetime:
    """When the first of the nodes' certificates ends, UTC."""
    from testbed.orchestrators.kubernetes import resume

    return resume.certificates_end(agents.present(plan))


def resumed(plan: Plan, since: datetime, certificates_end: datetime) -> None:
    """Wait until nodes that go on from a snapshot since then are Ready, by their own words.

    Certificates that have ended, or are about to, are replaced; that takes as long as a start.
    """
    from testbed.orchestrators.kubernetes import resume

    nodes = agents.present(plan)
    if resume.is_due(certificates_end, since):
        resume.renew(plan, nodes, _storage())
    resume.resumed(plan, nodes, _storage(), since)


def well(plan: Plan) -> None:
    """Wait until all of Kubernetes is well, DNS included."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import health

        health.well(plan)


def join(plan: Plan, nodes: Iterable[Node]) -> None:
    """Bring cluster nodes up whose ports are there."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import lifecycle

        lifecycle.join(plan, list(nodes), state.gobgpd(), _storage())
        return
    agents.join(plan, nodes, state.gobgpd(), DirectoryApi())


def leave(plan: Plan, node: Node) -> None:
    """Take a cluster node away; its port stays."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import lifecycle

        lifecycle.leave(plan, node)
        return
    agents.leave(plan, node, DirectoryApi())


def _storage() -> Storage:
    from testbed.orchestrators.kubernetes.storage import Storage

    return Storage(paths.DATA.readlink(), paths.IMAGES.readlink())
