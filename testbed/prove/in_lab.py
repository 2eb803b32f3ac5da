"""Proofs of path in the running lab: who is where, what is promised, and is it so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

from testbed.agent.contract import NodeStatus, PolicyStatus
from testbed.agent.desired.overlays.registry import DEVICE_KINDS
from testbed.agent.model.overlay_names import DIRECT, IPIP, ROUTED
from testbed.errors import TestbedError
from testbed.lab.access.inside import unknown
from testbed.lab.access.places import places
from testbed.lab.bound_policies import bound_policies
from testbed.orchestrators.agent_status import agent_status
from testbed.orchestrators.pod import Pod
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan
from testbed.prove.expectation import (
    BestEffort,
    Direct,
    Expectation,
    OneOf,
    Plain,
    Routed,
    Single,
    Tunnelled,
    UsesSegments,
    not_routed_by_design,
    via,
)
from testbed.prove.proof import Endpoint, Proof, prove_path
from testbed.prove.stitched import Installed, installed, stitched
from testbed.prove.stream import Stream
from testbed.te.resolve import node_names

PLAIN = "plain"
UNCHANGED: Mapping[str, Single] = {PLAIN: Plain(), ROUTED: Routed(), DIRECT: Direct()}
WITHOUT_SEGMENTS = (*DEVICE_KINDS, *UNCHANGED)  # what can be expected besides segment endpoints
SLOWER = 10  # streams between virtual machines


def prove(
    plan: Plan,
    source: str,
    destination: str,
    family: int,
    expect: Sequence[str] | None = None,
    through: IPv4Address | IPv6Address | None = None,
) -> Proof:
    """Prove the path between two hosts, nodes or pods, for IPv4 (4) or IPv6 (6).

    `expect`: segment endpoints by name, () for best effort, one of WITHOUT_SEGMENTS alone, None for
    whatever the head end's status promises. `through`: an address that is translated to
    the destination's on the way, as a Service's. Raises TestbedError for ends that nobody has.
    """
    src, dst = _endpoint(plan, source, family), _endpoint(plan, destination, family)
    if through is not None:
        dst = replace(dst, address=through)
    wanted = stitched(_expectation(plan, src, dst, expect), _installed(plan))
    return prove_path(plan, src, dst, wanted, places(plan))


def expected_nodes(plan: Plan, text: str) -> list[str]:
    """`r6,r8` as `prove` expects it; SIDs that are more than their node stay SIDs.

    Raises TestbedError for what nobody has.
    """
    return list(node_names(plan, text, policies=bound_policies(_statuses(plan))))


def _statuses(plan: Plan) -> Iterator[NodeStatus]:
    return (status for node in plan.cluster if (status := agent_status(node.name)))


def _installed(plan: Plan) -> Installed:
    return installed(_statuses(plan))


def stream(
    plan: Plan, source: Pod, destination: Pod, address: IPv4Address | IPv6Address, rate: int
) -> Stream:
    """A numbered stream between two pods, wherever they are; see Stream."""
    if plan.provider_traits.own_kernel:
        # emulated processors drop what is too much for them, and here only the way is of interest
        rate = max(1, rate // SLOWER)
    place_of = places(plan)
    ends = place_of(source.netns), place_of(destination.netns)
    return Stream(*ends, address, rate, patience=plan.slowness)


def _endpoint(plan: Plan, name: str, family: int) -> Endpoint:
    known = {pod.name: pod for pod in orchestrator_of(plan).pods(plan)}
    if name in known:
        pod = known[name]
        address = pod.address(family)
        where: tuple[str, str | None] = (pod.netns, pod.node)
    elif name in plan.by_name:
        address = plan.address_v6(name) if family == 6 else plan.address_v4(name)
        where = (name, None)
    else:
        raise unknown("host, node or pod", name, [*plan.by_name, *known])
    if address is None:
        other = 10 - family
        raise TestbedError(f"{name} has no IPv{family} address", fix=f"try -{other}")
    return Endpoint(where[0], address, where[1])


def _expectation(
    plan: Plan, src: Endpoint, dst: Endpoint, expect: Sequence[str] | None
) -> Expectation:
    if expect is None:
        return _find_ban(plan, src, dst) or _promised_path(plan, src, dst)
    # Whoever names a path gets it proved by packets, or refuted: never excused by design.
    node = dst.pod_on or dst.name
    if len(expect) == 1 and expect[0] in UNCHANGED:
        return UNCHANGED[expect[0]]
    if len(expect) == 1 and expect[0] in DEVICE_KINDS:
        return _tunnelled(plan, expect[0], node)
    if expect:
        return via(plan, list(expect), node)
    return BestEffort(IPv6Network(_egress_sid(node, dst.address.version)))


def _find_ban(plan: Plan, src: Endpoint, dst: Endpoint) -> Expectation | None:
    pods = (end for end in (src, dst) if end.pod_on is not None)
    attached = {pod.name for pod in pods if not _is_routed(plan, pod.address)}
    # The paper's IPv4 pool has natOutgoing, its IPv6 pool has not.
    return not_routed_by_design(
        plan, src.name, dst.name, attached, nat_outgoing=dst.address.version == 4
    )


def _promised_path(plan: Plan, src: Endpoint, dst: Endpoint) -> Expectation:
    """What the chosen policy promises: one of its lists, where it shares traffic among several."""
    head_end, endpoint = src.pod_on or src.name, dst.pod_on
    if endpoint is None or head_end == endpoint:
        return Plain()
    if _is_routed(plan, dst.address):
        return Routed()
    kind = _overlay(head_end, dst.address)
    if kind == DIRECT:
        return Direct()
    if kind in DEVICE_KINDS:
        return _tunnelled(plan, kind, endpoint)
    policy = _chosen_policy(plan, head_end, endpoint, dst.address.version)
    choices = tuple(_of_list(entry.segments) for entry in policy.segment_lists)
    return choices[0] if len(choices) == 1 else OneOf(choices)


def _is_routed(plan: Plan, address: IPv4Address | IPv6Address) -> bool:
    """Has the backbone routes to this pod? Its own node says `local`, so all are asked."""
    return any(_overlay(node.name, address) == ROUTED for node in plan.cluster)


def _overlay(head_end: str, address: IPv4Address | IPv6Address) -> str:
    """How the head end says that it reaches a pod's address; empty where it says nothing."""
    status = agent_status(head_end)
    prefixes = status.prefixes if status else ()
    return next((p.via for p in prefixes if address in ip_network(p.prefix)), "")


def _tunnelled(plan: Plan, kind: str, node: str) -> Tunnelled:
    """IP-in-IP runs between the nodes' IPv4 addresses, VXLAN between their IPv6 addresses."""
    remote = plan.address_v4(node) if kind == IPIP else plan.address_v6(node)
    if remote is None:
        raise TestbedError(f"{node} has no address that {kind} could lead to")
    return Tunnelled(kind, remote)


def _of_list(segments: Sequence[str]) -> Single:
    *waypoints, last = (IPv6Address(s) for s in segments)
    egress = IPv6Network(last)
    return UsesSegments(tuple(waypoints), egress) if waypoints else BestEffort(egress)


def _chosen_policy(plan: Plan, head_end: str, endpoint: str, family: int) -> PolicyStatus:
    status = agent_status(head_end)
    policy = status.chosen_policy(str(plan.address_v6(endpoint)), family) if status else None
    if policy is not None:
        return policy
    raise TestbedError(
        f"{head_end} has no IPv{family} policy towards {endpoint}",
        fix="testbed policy list; testbed status",
        exit_code=1,
    )


def _egress_sid(node: str, family: int) -> str:
    status = agent_status(node)
    sid = status.local_sids.of(family) if status else None
    if sid is None:
        raise TestbedError(f"{node} has no agent that reports", fix="testbed status", exit_code=1)
    return sid
