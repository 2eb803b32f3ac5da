"""A plan together with what runs its pods."""

from __future__ import annotations

from collections.abc import Callable

from testbed.errors import TestbedError
from testbed.plan import calico_vpp
from testbed.plan import kubernetes as network
from testbed.plan.model import Backend, Link, Orchestrator, Overlay, Plan, Role
from testbed.plan.problems import InvalidPlan

UPLINK = "uplink"  # the nodes' ports under Calico-VPP, which has one name for all


def orchestrated(
    plan: Plan,
    orchestrator: Orchestrator,
    backend: Backend = "namespace",
    overlay: Overlay = "agent",
    box: str | None = None,
) -> Plan:
    """The plan for this orchestrator, kind of nodes and overlay; unchanged without cluster nodes.

    `box` is what virtual machines are made from, if not our own.

    Raises InvalidPlan or TestbedError for a plan that cannot carry Kubernetes, or this overlay.
    """
    if not plan.cluster:
        return plan
    if overlay == "calico-vpp" and backend != "vagrant":
        raise TestbedError(
            "Calico-VPP needs nodes that are virtual machines",
            why="VPP takes a machine's interface over, and its manager the machine's network",
            fix="--nodes vagrant --overlay calico-vpp",
        )
    if orchestrator == "none":
        if backend == "vagrant":
            raise TestbedError(
                "virtual machines need Kubernetes",
                why="the light mode's API is a directory, which machines cannot share",
                fix="--nodes vagrant without --cluster none",
            )
        return plan
    if box is not None and backend != "vagrant":
        raise TestbedError("a box is for virtual machines", fix="--nodes vagrant --box NAME")
    network.families(plan)
    problems = network.problems(plan)
    if problems:
        raise InvalidPlan(plan.topology, problems)
    if overlay == "calico-vpp":
        calico_vpp.refuse_unfit(plan)
        plan = plan.model_copy(update={"links": tuple(map(_with_uplink(plan), plan.links))})
    wanted = {"orchestrator": orchestrator, "backend": backend, "overlay": overlay, "box": box}
    return plan.model_copy(update=wanted)


def _with_uplink(plan: Plan) -> Callable[[Link], Link]:
    nodes = {node.name for node in plan.of(Role.CLUSTER)}

    def renamed(link: Link) -> Link:
        ends = {
            side: end.model_copy(update={"interface": UPLINK})
            for side, end in (("a", link.a), ("b", link.b))
            if end.node in nodes
        }
        return link.model_copy(update=ends)

    return renamed
