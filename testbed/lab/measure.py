"""Measures that pods of every node reach pods of every other node, in each family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from testbed.errors import CheckFailed
from testbed.lab.access.places import places
from testbed.observe.reach import Flow, undelivered
from testbed.orchestrators.pod import Pod
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.report.lab_status import Measured

PATIENCE = 1.0  # seconds for one attempt, between namespaces


def measure(plan: Plan) -> Measured:
    """A probe per pair of cluster nodes and family, from pod to pod. Raises TestbedError."""
    return _measure(plan)[0]


def _measure(plan: Plan) -> tuple[Measured, list[Flow]]:
    """What was measured, and the flows whose probe was lost."""
    nodes = [node.name for node in present(plan)]
    families = [f for f, pool in ((4, plan.pools.pods_v4), (6, plan.pools.pods_v6)) if pool]
    pods = choose_pods(nodes, orchestrator_of(plan).pods(plan))
    flows = list_flows(pods.values(), families)
    place_of = places(plan)
    watched = {pod.netns: place_of(pod.netns) for pod in pods.values()}
    lost = undelivered(watched, flows, PATIENCE * plan.slowness)
    measured = Measured(
        probes=len(flows),
        lost=tuple(describe_loss(flow) for flow in lost),
        without_pod=tuple(node for node in nodes if node not in pods),
    )
    return measured, lost


def refuse_losses(plan: Plan) -> Measured:
    """Measure; raises CheckFailed if a probe is lost."""
    found, lost = _measure(plan)
    if lost:
        more = len(found.lost) - 1
        raise CheckFailed(
            found.lost[0] + (f", and {more} more of {found.probes}" if more else ""),
            why="every node and policy says that it is as wanted, but packets are lost",
            fix=f"testbed status --probe; {path_command(lost[0])} shows where",
        )
    return found


def choose_pods(nodes: Iterable[str], pods: Iterable[Pod]) -> Mapping[str, Pod]:
    """A pod per node, that with the most families; nodes without any are left out."""
    chosen: dict[str, Pod] = {}
    for pod in pods:
        other = chosen.get(pod.node)
        if other is None or len(_families(pod)) > len(_families(other)):
            chosen[pod.node] = pod
    return {node: chosen[node] for node in nodes if node in chosen}


def list_flows(pods: Iterable[Pod], families: Sequence[int]) -> list[Flow]:
    """From each of the pods to each other, in every family that both have."""
    listed = list(pods)
    found = []
    for source in listed:
        for destination in (pod for pod in listed if pod is not source):
            for family in families:
                ends = source.address(family), destination.address(family)
                if ends[0] is not None and ends[1] is not None:
                    found.append(Flow(source.netns, destination.netns, ends[0], ends[1]))
    return found


def describe_loss(flow: Flow) -> str:
    """A lost probe as a problem."""
    return f"no probe arrives: {' → '.join(_ends(flow))}, IPv{flow.address.version}"


def path_command(flow: Flow) -> str:
    """The command that proves the path of a flow, quoted."""
    source, destination = _ends(flow)
    return f"`testbed path {source} {destination} -{flow.address.version}`"


def _ends(flow: Flow) -> tuple[str, str]:
    source, destination = (x.removeprefix("pod-") for x in (flow.source, flow.destination))
    return source, destination


def _families(pod: Pod) -> list[int]:
    return [family for family in (4, 6) if pod.address(family)]
