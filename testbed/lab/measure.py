"""Measures that pods of every node reach pods of every other node, in each family.

With a short packet and with the longest that pods may send: a link that is too narrow for those
lets everything else through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from testbed.backbone.links_now import as_shaped_now
from testbed.errors import CheckFailed
from testbed.lab.access.places import places
from testbed.observe.place import Place
from testbed.observe.reach import Flow, undelivered
from testbed.observe.tag import TAG_SIZE
from testbed.orchestrators.pod import Pod
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan
from testbed.plan.shaping_rules import seconds
from testbed.providers.members import present
from testbed.report.lab_status import Measured

PATIENCE = 1.0  # seconds for one attempt, between namespaces over links without shaping


def measure(plan: Plan) -> Measured:
    """Probes per pair of cluster nodes and family, from pod to pod. Raises TestbedError."""
    return _measure(plan)[0]


def _measure(plan: Plan) -> tuple[Measured, list[Flow]]:
    """What was measured, and the flows that lost probes."""
    nodes = [node.name for node in present(plan)]
    families = [f for f, pool in ((4, plan.pools.pods_v4), (6, plan.pools.pods_v6)) if pool]
    pods = choose_pods(nodes, orchestrator_of(plan).pods(plan))
    flows = list_flows(pods.values(), families)
    place_of = places(plan)
    watched = {pod.netns: place_of(pod.netns) for pod in pods.values()}
    long = [flow.sized(plan.pod_mtu) for flow in flows]
    lost = without_repeats(_lost_of(plan, watched, [*flows, *long]))
    measured = Measured(
        probes=len(flows),
        lost=tuple(describe_loss(flow, plan.pod_mtu) for flow in lost),
        without_pod=tuple(node for node in nodes if node not in pods),
    )
    return measured, lost


def _lost_of(plan: Plan, watched: Mapping[str, Place], flows: Sequence[Flow]) -> list[Flow]:
    """The flows without a probe, in the time that links take as planned, or as shaped now."""
    planned = find_patience(plan, len(flows))
    lost = undelivered(watched, flows, planned)
    if not lost:
        return lost
    now = find_patience(as_shaped_now(plan), len(flows))
    return undelivered(watched, lost, now) if now > planned else lost


def refuse_losses(plan: Plan) -> Measured:
    """Measure; raises CheckFailed if a probe is lost."""
    found, lost = _measure(plan)
    if lost:
        more = len(found.lost) - 1
        raise CheckFailed(
            found.lost[0] + (f", and {more} more of {found.probes}" if more else ""),
            why="every node and policy says that it is as wanted, but packets are lost",
            fix=f"testbed status --probe; {_show_where(plan, lost[0])}",
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


def describe_loss(flow: Flow, longest: int) -> str:
    """A lost probe as a problem; `longest`: bytes of the pods' longest packets."""
    source, destination = _ends(flow)
    if flow.payload == TAG_SIZE:
        return f"no probe arrives: {source} → {destination}, IPv{flow.address.version}"
    return (
        f"long packets are lost from {source} to {destination} "
        f"({longest} bytes, IPv{flow.address.version})"
    )


def without_repeats(lost: Sequence[Flow]) -> list[Flow]:
    """Each lost flow once: where no short packet arrives, no long one will."""
    short = {_key(flow) for flow in lost if flow.payload == TAG_SIZE}
    return [flow for flow in lost if flow.payload == TAG_SIZE or _key(flow) not in short]


def _key(flow: Flow) -> tuple[str, str, int]:
    return flow.source, flow.destination, flow.address.version


def find_patience(plan: Plan, flows: int) -> float:
    """Seconds for one attempt: more than shaped links take, if all probes share the slowest."""
    shapings = [link.shaping for link in plan.links]
    delays = sum(seconds(shaping.delay) for shaping in shapings if shaping.delay)
    slowest = min((s.bandwidth for s in shapings if s.bandwidth), default=None)
    bits = 8 * flows * plan.tunnel_mtu
    return PATIENCE * plan.slowness + delays + (bits / (slowest * 1e6) if slowest else 0)


def _show_where(plan: Plan, flow: Flow) -> str:
    """What to type to see where a flow's packets are lost."""
    if flow.payload == TAG_SIZE:
        return f"{path_command(flow)} shows where"
    node = next(pod.node for pod in orchestrator_of(plan).pods(plan) if pod.netns == flow.source)
    return f"`testbed exec {node} ip link` shows whether it is the node's own MTU"


def path_command(flow: Flow) -> str:
    """The command that proves the path of a flow, quoted."""
    source, destination = _ends(flow)
    return f"`testbed path {source} {destination} -{flow.address.version}`"


def _ends(flow: Flow) -> tuple[str, str]:
    source, destination = (x.removeprefix("pod-") for x in (flow.source, flow.destination))
    return source, destination


def _families(pod: Pod) -> list[int]:
    return [family for family in (4, 6) if pod.address(family)]
