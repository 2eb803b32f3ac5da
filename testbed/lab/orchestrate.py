"""A plan together with what runs its pods."""

from __future__ import annotations

from testbed.plan.model import Orchestrator, Plan
from testbed.plan.problems import InvalidPlan
from testbed.render import kubernetes_network as network


def orchestrated(plan: Plan, orchestrator: Orchestrator) -> Plan:
    """The plan for this orchestrator; a plan without cluster nodes needs none.

    Raises InvalidPlan or TestbedError for a plan that cannot carry Kubernetes.
    """
    if orchestrator == "none" or not plan.cluster:
        return plan
    network.families(plan)
    problems = network.problems(plan)
    if problems:
        raise InvalidPlan(plan.topology, problems)
    return plan.model_copy(update={"orchestrator": orchestrator})
