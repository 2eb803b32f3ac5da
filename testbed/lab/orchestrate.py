"""A plan together with what runs its pods."""

from __future__ import annotations

from testbed.errors import TestbedError
from testbed.plan.model import Backend, Orchestrator, Plan
from testbed.plan.problems import InvalidPlan
from testbed.render import kubernetes_network as network


def orchestrated(
    plan: Plan,
    orchestrator: Orchestrator,
    backend: Backend = "namespace",
    box: str | None = None,
) -> Plan:
    """The plan for this orchestrator and kind of nodes; one without cluster nodes needs none.

    `box` is what virtual machines are made from, if not our own.

    Raises InvalidPlan or TestbedError for a plan that cannot carry Kubernetes.
    """
    if not plan.cluster:
        return plan
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
    return plan.model_copy(update={"orchestrator": orchestrator, "backend": backend, "box": box})
