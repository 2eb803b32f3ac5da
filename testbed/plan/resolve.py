"""Resolves a plan for a provider, an orchestrator and an overlay, or refuses the combination."""

from __future__ import annotations

from collections.abc import Callable

from testbed.errors import TestbedError
from testbed.plan import calico_vpp, traits
from testbed.plan import kubernetes as network
from testbed.plan.model import Link, Plan, Role
from testbed.plan.problems import InvalidPlan


def resolve(
    plan: Plan,
    orchestrator: str,
    backend: str = "namespace",
    overlay: str = "agent",
    box: str | None = None,
) -> Plan:
    """The plan for these names of testbed.plan.traits; unchanged without cluster nodes.

    `box` is what virtual machines are made from, if not our own. Raises InvalidPlan or
    TestbedError for a plan that cannot carry Kubernetes or this overlay, for unknown
    names, and for a choice of which one part excludes another.
    """
    provider = traits.PROVIDERS[traits.known("provider", backend, traits.PROVIDERS)]
    runs_pods = traits.ORCHESTRATORS[
        traits.known("orchestrator", orchestrator, traits.ORCHESTRATORS)
    ]
    carries = traits.OVERLAYS[traits.known("overlay", overlay, traits.OVERLAYS)]
    if not plan.cluster:
        return plan
    if not carries.agents and not provider.own_kernel:
        raise TestbedError(
            "Calico-VPP needs nodes that are virtual machines",
            why="VPP takes a machine's interface over, and its manager the machine's network",
            fix="--nodes vagrant --overlay calico-vpp",
        )
    if box is not None and not provider.boxes:
        raise TestbedError("a box is for virtual machines", fix="--nodes vagrant --box NAME")
    if not runs_pods.containers:
        if not provider.light:
            raise TestbedError(
                f"{provider.title} need Kubernetes",
                why="the light mode's API is a directory of this machine, and its nodes are "
                "namespaces of the lab",
                fix=f"--nodes {backend} without --cluster none",
            )
        return plan.model_copy(update={"orchestrator": orchestrator, "backend": backend})
    network.families(plan)
    problems = network.problems(plan, provider.management)
    if problems:
        raise InvalidPlan(plan.topology, problems)
    if carries.uplink is not None:
        calico_vpp.refuse_unfit(plan)
        renamed = _with_uplink(plan, carries.uplink)
        plan = plan.model_copy(update={"links": tuple(map(renamed, plan.links))})
    chosen = {"orchestrator": orchestrator, "backend": backend, "overlay": overlay, "box": box}
    return plan.model_copy(update=chosen)


def _with_uplink(plan: Plan, uplink: str) -> Callable[[Link], Link]:
    """A function that gives every cluster node's end of a link this name."""
    nodes = {node.name for node in plan.of(Role.CLUSTER)}

    def renamed(link: Link) -> Link:
        ends = {
            side: end.model_copy(update={"interface": uplink})
            for side, end in (("a", link.a), ("b", link.b))
            if end.node in nodes
        }
        return link.model_copy(update=ends)

    return renamed
