"""SR Policy candidates of one head end: from peers and ConfigMap to one choice per endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from testbed.agent.config import AgentConfig
from testbed.bgp.model import Family, ReceivedPath
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import (
    BEST_EFFORT_PREFERENCE,
    BEST_EFFORT_PRIORITY,
    Candidate,
    Originator,
)
from testbed.srpolicy.select import select
from testbed.srpolicy.validity import problems as validity

BEST_EFFORT, BGP, CONFIGMAP = "best-effort", "bgp", "configmap"
Target = tuple[IPv6Address, int]


@dataclass(frozen=True)
class Known:
    """A candidate and its origin; `excluded` says why it does not even compete."""

    candidate: Candidate
    source: str
    excluded: str = ""


@dataclass(frozen=True)
class Judged:
    """A candidate's fate."""

    known: Known
    valid: bool
    chosen: bool
    why: str


def from_rib(
    config: AgentConfig, asn: int, mode: str, paths: Iterable[ReceivedPath]
) -> tuple[list[Known], list[str]]:
    """Every SR Policy that peers sent, and a sentence for each path that cannot be read."""
    received = [p for p in paths if p.family is Family.IPV6_SRPOLICY]
    triples = [(p.nlri, p.attrs, Originator(asn, ip_address(p.peer))) for p in received]
    found, faults = codec.decode_all(triples)
    me = {config.address_v4, IPv4Address(config.router_id)}
    known = []
    for item in found:
        candidate, source = _classified(item.candidate)
        excluded = ""
        if not any(item.is_for(address) for address in me):
            excluded = "its route targets name other head ends"
        elif source == BGP and mode != "bgp":
            excluded = f"policies by BGP do not count in TE mode {mode}"
        known.append(Known(candidate, source, excluded))
    return known, sorted(set(faults))


def _classified(candidate: Candidate) -> tuple[Candidate, str]:
    """Best effort is what a node announces for itself: one SID of its own, discriminator 0.

    Calico-VPP's own tunnels carry no preference, which would read as 100: they get ours.
    """
    lists = candidate.segment_lists
    own = candidate.originator.address == candidate.endpoint and candidate.distinguisher == 0
    if not (own and len(lists) == 1 and len(lists[0].segments) == 1):
        return candidate, BGP
    lowest = replace(
        candidate, preference=BEST_EFFORT_PREFERENCE, priority=candidate.priority or
        BEST_EFFORT_PRIORITY,
    )  # fmt: skip
    return lowest, BEST_EFFORT


def from_configmap(candidates: Iterable[Candidate], mode: str) -> list[Known]:
    """The ConfigMap's policies; present but out of the competition in mode bgp."""
    excluded = "" if mode == "configmap" else f"the ConfigMap does not count in TE mode {mode}"
    return [Known(candidate, CONFIGMAP, excluded) for candidate in candidates]


def announced_sids(known: Iterable[Known]) -> dict[IPv6Address, dict[IPv6Address, int]]:
    """Which SIDs each endpoint announces as its own, with the family that each decapsulates."""
    announced: dict[IPv6Address, dict[IPv6Address, int]] = {}
    for item in known:
        family = item.candidate.family
        if item.source == BEST_EFFORT and family is not None:
            sid = item.candidate.segment_lists[0].segments[0].sid
            announced.setdefault(item.candidate.endpoint, {})[sid] = family
    return announced


def judge(
    config: AgentConfig, known: Iterable[Known]
) -> tuple[list[Judged], dict[Target, Candidate]]:
    """Everybody's fate in a stable order, and the chosen candidate per endpoint and family."""
    items = sorted(set(known), key=_order)
    announced = announced_sids(items)

    def faults(candidate: Candidate) -> list[str]:
        if candidate.endpoint == config.address_v6:
            return ["its endpoint is this node itself"]
        return validity(candidate, announced, config.max_segments)

    by_target: dict[tuple[IPv6Address, int | None], list[Known]] = {}
    judged: list[Judged] = []
    chosen: dict[Target, Candidate] = {}
    for item in items:
        if item.excluded:
            judged.append(Judged(item, not faults(item.candidate), False, item.excluded))
        else:
            by_target.setdefault(item.candidate.steers, []).append(item)
    for (endpoint, family), competitors in by_target.items():
        selection = select((c.candidate for c in competitors), faults)
        lost = {other.candidate: other for other in selection.others}
        if selection.chosen is not None and family is not None:
            chosen[endpoint, family] = selection.chosen
        for item in competitors:
            other = lost.get(item.candidate)
            if other is None:
                judged.append(Judged(item, True, True, _reason(len(competitors))))
            else:
                judged.append(Judged(item, other.valid, False, other.reason))
    return sorted(judged, key=lambda j: _order(j.known)), chosen


def _reason(competitors: int) -> str:
    return "the only candidate" if competitors == 1 else "best of the valid candidates (RFC 9256)"


def _order(item: Known) -> tuple[Any, ...]:
    c = item.candidate
    return int(c.endpoint), c.family or 0, -c.preference, item.source, c.distinguisher, repr(item)


def to_dict(judged: Judged) -> dict[str, Any]:
    """A candidate as status.json shows it."""
    c = judged.known.candidate
    return {
        "endpoint": str(c.endpoint),
        "family": c.family or 0,
        "source": judged.known.source,
        "color": c.color,
        "distinguisher": c.distinguisher,
        "preference": c.preference,
        "priority": c.wire_priority,
        "originator": str(c.originator.address),
        "binding_sid": str(c.binding_sid) if c.binding_sid else None,
        "segment_lists": [
            {"weight": item.weight, "segments": [str(sid) for sid in item.sids]}
            for item in c.segment_lists
        ],
        "valid": judged.valid,
        "chosen": judged.chosen,
        "why": judged.why,
    }
