"""Actions on the daemons and the cluster: routers, overlay, orchestrator, pods, probes."""

from __future__ import annotations

from testbed.backbone import routers
from testbed.backbone.repair import program as repair
from testbed.host.supervisor import Supervisor
from testbed.host.wait import wait_for
from testbed.lab import verify as verified
from testbed.lab.measure import refuse_losses
from testbed.lab.up.context import UpContext
from testbed.orchestrators import agents
from testbed.paths import GOBGPD
from testbed.providers.members import at_start, present

PATIENCE = 30.0  # seconds; a program that ended at once is started again sooner


def has_nodes(context: UpContext) -> bool:
    """The plan has cluster nodes."""
    return bool(context.plan.cluster)


def has_several(context: UpContext) -> bool:
    """There are two cluster nodes or more, so that there is a way between them."""
    return has_nodes(context) and len(present(context.plan)) > 1


def has_containers(context: UpContext) -> bool:
    """The plan has cluster nodes, and their pods are containers."""
    return has_nodes(context) and context.plan.orchestrator_traits.containers


def wants_pods(context: UpContext) -> bool:
    """Pods are asked for, and can be had without the user's help."""
    return has_nodes(context) and context.with_pods and context.overlay.pods_at_start


def daemons_title(context: UpContext) -> str:
    return "routers and overlay started" if has_nodes(context) else "routers started"


def start_daemons(context: UpContext) -> None:
    """Start routers, cluster nodes and injectors; what was stopped by failures runs again."""
    context.note_built()
    plan, supervisor = context.plan, context.supervisor
    routers.write_files(plan)
    routers.start(plan, supervisor)
    repair.start(plan, supervisor)
    if has_nodes(context):
        _start_nodes(context)
    supervisor.revive()
    _wait_started(supervisor)
    if not context.fresh:
        routers.wait_running(plan, supervisor)


def _wait_started(supervisor: Supervisor) -> None:
    """Until no program is one that cannot be started. Raises CheckFailed."""

    failing: list[str] = []

    def probe() -> tuple[bool | None, str]:
        failing[:] = supervisor.failing()
        return (None if failing else True), "; ".join(failing[: routers.SHOWN])

    wait_for(
        "the programs to start",
        probe,
        PATIENCE,
        fix=lambda: f"testbed logs {failing[0].split()[0]}",
    )


def _start_nodes(context: UpContext) -> None:
    plan, gobgpd = context.plan, context.gobgpd
    first = not GOBGPD.is_symlink()  # the lab may be older: an `up` that did not come so far
    nodes = at_start(plan) if first else present(plan) or at_start(plan)
    context.orchestrator.start(plan, nodes, gobgpd, first)
    agents.start_injectors(plan, context.supervisor, gobgpd)
    if first:
        GOBGPD.symlink_to(gobgpd)


def control_title(context: UpContext) -> str:
    return f"{context.plan.orchestrator_traits.title}' control plane"


def control_plane(context: UpContext) -> None:
    """Wait until objects can be made, and make those that every lab has."""
    context.orchestrator.control_plane(context.plan, context.gobgpd, context.fresh)


def install_overlay(context: UpContext) -> None:
    """Install what of the overlay runs as pods; each of its steps is shown."""
    context.overlay.install(context.plan, context.progress)


def nodes_ready(context: UpContext) -> None:
    """Wait until every node can take pods."""
    context.orchestrator.ready(context.plan)


def verify(context: UpContext) -> None:
    """Wait for all sessions, and a chosen policy for every pair of nodes and family."""
    verified.cluster_complete(context.plan)


def start_pods(context: UpContext) -> None:
    """A pod on every node that is there."""
    wanted = {f"pod-{node.name}": node.name for node in present(context.plan)}
    context.orchestrator.ensure_pods(context.plan, wanted)


def well_title(context: UpContext) -> str:
    return f"DNS answers, {context.plan.orchestrator_traits.title} is well"


def well(context: UpContext) -> None:
    """Wait until nothing is wrong with the orchestrator, names of Services included."""
    context.orchestrator.well(context.plan)


def measure(context: UpContext) -> None:
    """Probes between pods of every pair of nodes, in each family. Raises CheckFailed on a loss."""
    found = refuse_losses(context.plan)
    if not found.probes or found.without_pod:
        context.progress.note(f"measured: {found}")
