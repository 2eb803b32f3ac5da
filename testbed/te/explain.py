"""Explains a candidate path: its SIDs, the path that the plan predicts, and its overhead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from ipaddress import IPv6Address

from testbed import usid
from testbed.plan.model import LocalSids, Node, Plan, Role
from testbed.plan.mtu import IPV6_MIN_MTU, pod_mtu, reserve
from testbed.srpolicy.model import Candidate, SegmentList
from testbed.srpolicy.validity import starts_at
from testbed.te.owners import FAMILY_OF_KIND, ROUTER_SIDS, Kind, Owners
from testbed.te.paths import legs_of, reached_by_plan, spelled
from testbed.te.stitched import bytes_after_entry, entered_by, outer_bytes


@dataclass(frozen=True)
class ExplainedSid:
    """One segment; `why` is the reason if it is not reachable."""

    sid: str
    node: str | None
    pool: str | None  # the SID pool or "loopback", "interface" …
    behaviour: str
    reachable: bool
    why: str | None = None
    paths: tuple[tuple[str, ...], ...] = ()  # of equal cost, from the segment before
    interface: str | None = None  # that the SID of an adjacency leads out of
    container: str | None = None  # the address that the micro SID is in (RFC 9800)
    enters: tuple[ExplainedList, ...] = ()  # of the policy behind a binding SID


@dataclass(frozen=True)
class ExplainedList:
    """One segment list, as one head end would use it."""

    weight: int
    share: float  # of the traffic, 0 to 1
    segments: tuple[ExplainedSid, ...]
    encapsulation: str
    overhead: int  # bytes before the inner packet, with those of policies that it enters
    fits: bool  # in the plan's pod MTU


@dataclass(frozen=True)
class Explanation:
    """What a head end would do with a candidate."""

    head_end: str
    endpoint: str
    endpoint_node: str | None
    family: int | None
    preference: int
    binding_sid: str | None
    pod_mtu: int
    max_segments: int
    segment_lists: tuple[ExplainedList, ...]
    specified_sid_only: bool = False
    drop_upon_invalid: bool = False

    def to_dict(self) -> dict[str, object]:
        """The explanation as a JSON object; its keys are stable."""
        return asdict(self)


def explain(
    plan: Plan,
    candidate: Candidate,
    head_end: str,
    local_sids: Mapping[str, LocalSids] | None = None,
    policies: Iterable[Candidate] = (),
) -> Explanation:
    """Explain one candidate at one head end; unknown SIDs are part of the explanation, no error.

    `policies`: those that may be entered by their binding SIDs.
    """
    owners = Owners(plan, local_sids, policies)
    endpoint = owners.endpoint(candidate.endpoint)
    total = sum(item.weight for item in candidate.segment_lists) or 1
    return Explanation(
        head_end=head_end,
        endpoint=str(candidate.endpoint),
        endpoint_node=endpoint.name if endpoint else None,
        family=candidate.family,
        preference=candidate.preference,
        binding_sid=str(candidate.binding_sid) if candidate.binding_sid else None,
        pod_mtu=plan.pod_mtu,
        max_segments=plan.max_segments,
        segment_lists=tuple(
            _explain_list(owners, head_end, item, total) for item in candidate.segment_lists
        ),
        specified_sid_only=candidate.specified_sid_only,
        drop_upon_invalid=candidate.drop_upon_invalid,
    )


def explain_all(
    plan: Plan,
    candidate: Candidate,
    local_sids: Mapping[str, LocalSids] | None = None,
    policies: Iterable[Candidate] = (),
) -> list[Explanation]:
    """At each head end that would use it (every cluster node but the endpoint if none is named)."""
    cluster = [n.name for n in plan.cluster]
    named = [name for name in candidate.head_ends if name in cluster]
    others = [name for name in cluster if plan.address_v6(name) != candidate.endpoint]
    policies = list(policies)
    return [explain(plan, candidate, name, local_sids, policies) for name in named or others]


def explain_text(explanation: Explanation) -> str:
    """The explanation for a terminal, at most about 80 columns, without a final newline."""
    e = explanation
    family = f"IPv{e.family}" if e.family else "traffic of unknown family"
    to = f"{e.endpoint_node} ({e.endpoint})" if e.endpoint_node else f"{e.endpoint} (nobody)"
    lines = [f"{e.head_end} → {to}, {family}, preference {e.preference}"]
    if e.binding_sid:
        lines[0] += f", BSID {e.binding_sid}"
    lines[0] += ", or not at all" if e.specified_sid_only else ""
    if e.drop_upon_invalid:
        lines.append("  while no candidate is valid, this traffic is dropped")
    for item in e.segment_lists:
        lines += _format_list(e, item)
    return "\n".join(lines)


def _explain_list(
    owners: Owners,
    head_end: str,
    item: SegmentList,
    total: int,
    entered: tuple[IPv6Address, ...] = (),
) -> ExplainedList:
    """`entered`: the binding SIDs by which packets came to this list."""
    depth = len(item.segments)
    sids = usid.expanded(item.sids)
    containers = [str(sid) for sid in item.sids for _ in usid.parts(sid)]
    legs = legs_of(owners, head_end, sids)
    explained = (
        _explain_sid(owners, sids, position, paths, head_end) for position, paths in enumerate(legs)
    )
    segments = tuple(
        replace(
            one,
            container=container if one.sid != container else None,
            enters=_explain_entered(owners, sid, entered),
        )
        for one, container, sid in zip(explained, containers, sids, strict=True)
    )
    plan = owners.plan
    size = bytes_after_entry(owners, item, frozenset(entered))
    if not entered:
        size = outer_bytes(owners, item)
    within = depth <= plan.max_segments and size <= reserve(plan.max_segments)
    return ExplainedList(
        weight=item.weight,
        share=item.weight / total,
        segments=segments,
        encapsulation=_name_encapsulation(depth, reduced=not entered),
        overhead=size,
        fits=within and pod_mtu(plan.tunnel_mtu, depth) >= IPV6_MIN_MTU,
    )


def _name_encapsulation(depth: int, reduced: bool) -> str:
    if depth == 1:
        return "no SRH" if reduced else "SRH with 1 segment"
    return f"SRH with {depth} segments"


def _explain_entered(
    owners: Owners, sid: IPv6Address, entered: tuple[IPv6Address, ...]
) -> tuple[ExplainedList, ...]:
    """The segment lists behind a binding SID; none where it leads back to itself."""
    policy, owned = entered_by(owners, sid), owners.get(sid)
    if policy is None or owned is None or sid in entered:
        return ()
    total = sum(item.weight for item in policy.segment_lists) or 1
    return tuple(
        _explain_list(owners, owned.node, item, total, (*entered, sid))
        for item in policy.segment_lists
    )


def _explain_sid(
    owners: Owners,
    sids: tuple[IPv6Address, ...],
    position: int,
    paths: tuple[tuple[str, ...], ...],
    head_end: str,
) -> ExplainedSid:
    sid, is_last = sids[position], position == len(sids) - 1
    owned, pool = owners.get(sid), owners.pool_of(sid)
    if owned is None:
        network = str(pool.cluster.sid_pool) if pool and pool.cluster else None
        nobody = f"in {pool.name}'s pool, but nobody has it" if pool else "nobody has it"
        return ExplainedSid(str(sid), None, network, "unknown", False, nobody)
    node = owners.plan.node(owned.node)
    place = str(node.cluster.sid_pool) if pool and node.cluster else _name_place(node, owned.kind)
    across = owners.plan.adjacencies.get(sid)
    interface = across[0].interface if across else None
    why = reached_by_plan(owners, sid, head_end)
    if why is None and not paths:
        why = "no path from the segment before"
    if why is None and not is_last and owned.kind in FAMILY_OF_KIND:
        why = "ends the tunnel here, although segments are left"
    if why is None and not is_last and owned.kind is Kind.HOST:
        why = f"{owned.node} does not forward"
    if why is None and position == 0 and starts_at(sids, owners.plan.address_v6(head_end)):
        why = "the head end itself, where packets would be lost"
    if why is None and is_last and owned.kind is Kind.BINDING:
        why = "a binding SID, behind which no segment would be left"
    if why is None and is_last and owned.kind not in FAMILY_OF_KIND:
        why = "no End.DT4 or End.DT6 SID, so that the tunnel has no end"
    behaviour = owned.kind.value
    return ExplainedSid(str(sid), owned.node, place, behaviour, why is None, why, paths, interface)


def _name_place(node: Node, kind: Kind) -> str:
    if kind in (Kind.UN, Kind.UA):
        return str(node.micro_sids)
    if kind in ROUTER_SIDS:
        return str(node.locator)
    return "loopback" if node.role is Role.ROUTER else "node address"


def _format_list(e: Explanation, item: ExplainedList) -> list[str]:
    share = f", {item.share:.0%} of the traffic" if len(e.segment_lists) > 1 else ""
    fit = f"pod MTU {e.pod_mtu} ok" if item.fits else f"more than the {e.max_segments} allowed"
    if not item.fits and len(item.segments) <= e.max_segments:
        fit = f"no room for them above pod MTU {e.pod_mtu}"
    lines = [f"  {item.encapsulation}, {item.overhead} bytes outside, {fit}{share}"]
    before: str | None = None
    for number, s in enumerate(item.segments, 1):
        if s.container and s.container != before:
            lines.append(f"  {s.container}")
        before = s.container
        state = "reachable" if s.reachable else f"NOT reachable: {s.why}"
        place = f"{s.behaviour}, {s.pool}" if s.pool else s.behaviour
        node = s.interface or s.node or "?"
        lines.append(f"  {number}. {s.sid}  {node}  {place}  {state}")
        lines += [f"       {spelled(path)}" for path in s.paths]
        for entered in s.enters:
            lines += _format_entered(e, s, entered)
    return lines


def _format_entered(e: Explanation, sid: ExplainedSid, item: ExplainedList) -> list[str]:
    """What a binding SID leads into, indented below it."""
    first, *others = _format_list(replace(e, segment_lists=sid.enters), item)
    return [f"     enters: {first.strip()}", *(f"     {line}" for line in others)]
