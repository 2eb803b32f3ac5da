"""Finds the network namespaces of nodes and pods, on this kernel or in virtual machines."""

from __future__ import annotations

from collections.abc import Callable

from testbed.observe.local_place import LocalPlace
from testbed.observe.place import Place
from testbed.orchestrators.registry import orchestrator_of
from testbed.paths import NETNS
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.providers.vagrant import node as guests
from testbed.providers.vagrant.provider import guest_of


def pinned(name: str) -> Place:
    """The namespace of a node or pod, by its pinned name."""
    return LocalPlace(str(NETNS / name))


def places(plan: Plan) -> Callable[[str], Place]:
    """Where the namespace of a node or pod is, by the name under which a proof knows it."""
    if not plan.provider_traits.own_kernel:
        return pinned
    from testbed.observe.remote.remote_place import RemotePlace

    machines = {n.name: guest_of(n.name) for n in present(plan)}
    found = {name: RemotePlace(node.guest) for name, node in machines.items() if node}
    for pod in orchestrator_of(plan).pods(plan):
        node, netns = machines[pod.node], guests.pod_netns(pod.node, pod.name)
        if node and netns:
            found[pod.netns] = RemotePlace(node.guest, netns)
    return lambda name: found.get(name) or pinned(name)
