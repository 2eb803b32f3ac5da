"""Running a command in the network of a node or pod, wherever that is."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from testbed.host.environment import PATH
from testbed.host.run import on_node, run
from testbed.lab import pods
from testbed.nodes import guests, handles
from testbed.nodes.containers import TOOLS
from testbed.plan.model import Plan


def run_in(
    plan: Plan, netns: str, command: Sequence[str], check: bool = True
) -> subprocess.CompletedProcess[str]:
    """As testbed.host.run.run, in a namespace of the lab or of one of its virtual machines.

    `netns`: the name of a node, or a pod's `netns`.
    """
    there = _machine(plan, netns)
    if there is None:
        return run(on_node(netns, command), check=check)
    node, pod = there
    words = ["env", f"PATH={TOOLS}:{PATH}", *guests.enter_pod(pod), *command]
    return node.guest.run(words, check=check)


def _machine(plan: Plan, netns: str) -> tuple[guests.GuestNode, str | None] | None:
    if not plan.virtual:
        return None
    if (node := handles.guest(netns)) is not None:
        return node, None
    for pod in pods.listing(plan):
        if pod.netns == netns and (host := handles.guest(pod.node)) is not None:
            return host, guests.pod_netns(pod.node, pod.name)
    return None
