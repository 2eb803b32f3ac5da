"""Pods of a lab, whatever runs them: Kubernetes, or the agents alone."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.orchestrators.light import pods as light
from testbed.orchestrators.light.pods import Pod
from testbed.plan.model import Plan


def create(plan: Plan, name: str, node: str) -> Pod:
    """Start a pod on a node. Raises TestbedError."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import pods

        return pods.create(plan, name, node)
    return light.create(name, node)


def ensure(plan: Plan, wanted: Mapping[str, str]) -> None:
    """Have these pods, name → node, started at once where that is possible."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import pods

        pods.ensure(plan, wanted)
        return
    there = {pod.name for pod in light.listing()}
    for name, node in wanted.items():
        if name not in there:
            light.create(name, node)


def delete(plan: Plan, name: str) -> None:
    """Remove a pod; its addresses are free afterwards. Raises TestbedError."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import pods

        pods.delete(plan, name)
    else:
        light.delete(name)


def listing(plan: Plan) -> list[Pod]:
    """All pods, by name."""
    if plan.kubernetes:
        from testbed.orchestrators.kubernetes import pods

        return pods.listing(plan)
    return light.listing()
