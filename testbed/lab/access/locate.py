"""Where the network of a node or pod is: in a namespace of the lab, or in a virtual machine."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from testbed.host.run import on_node, run
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan
from testbed.providers.base import RemoteNetns
from testbed.providers.registry import handle


def elsewhere(plan: Plan, name: str) -> RemoteNetns | None:
    """The network of a node or pod on another kernel; None if it is a namespace of the lab.

    `name`: of a node or pod, or the name of a pod's namespace.
    """
    if not plan.provider_traits.own_kernel:
        return None
    if name in plan.by_name:
        return handle(name).remote_netns()
    for pod in orchestrator_of(plan).pods(plan):
        if name in (pod.name, pod.netns):
            return handle(pod.node).remote_netns(pod.name)
    return None


def run_in(
    plan: Plan, netns: str, command: Sequence[str], check: bool = True
) -> subprocess.CompletedProcess[str]:
    """As testbed.host.run.run, in the network of a node (by name) or pod (by its namespace)."""
    there = elsewhere(plan, netns)
    return there.run(command, check) if there else run(on_node(netns, command), check=check)
