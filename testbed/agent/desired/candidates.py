"""SR Policy candidates of one head end, evaluated to one choice per endpoint and family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import MappingProxyType

from testbed.agent.config import AgentConfig
from testbed.agent.contract import (
    BEST_EFFORT,
    BGP,
    CONFIGMAP,
    NOT_MEANT,
    OWN_ENDPOINT,
    PolicyStatus,
    SegmentListStatus,
)
from testbed.agent.desired.remembered import MANY, remember_last
from testbed.agent.model.objects import LOCALSID_POOL, IPPool
from testbed.bgp.model import Family, ReceivedPath
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import (
    BEST_EFFORT_PREFERENCE,
    BEST_EFFORT_PRIORITY,
    Candidate,
    Originator,
)
from testbed.srpolicy.select import Selection, select
from testbed.srpolicy.validity import Announced, HeadEnd
from testbed.srpolicy.validity import problems as validity

Target = tuple[IPv6Address, int]
_DROPS = "; its traffic is dropped (Drop-Upon-Invalid)"
_DROPPED = "this traffic is dropped, as a policy that is invalid says (Drop-Upon-Invalid)"


@dataclass(frozen=True)
class CandidateWithOrigin:
    """A candidate and where it comes from; `excluded` says why it does not even compete."""

    candidate: Candidate
    origin: str
    excluded: str = ""

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.candidate, self.origin, self.excluded))

    @cached_property
    def order(self) -> tuple[int, int, int, str, int, str, str]:
        """Where it stands among all."""
        c = self.candidate
        endpoint, family = int(c.endpoint), c.family or 0
        return endpoint, family, -c.preference, self.origin, c.distinguisher, c.text, self.excluded


@dataclass(frozen=True)
class Evaluated:
    """A candidate's fate. `drops`: it is invalid, and has its traffic dropped."""

    entry: CandidateWithOrigin
    valid: bool
    chosen: bool
    why: str
    drops: bool = False

    @cached_property
    def status(self) -> PolicyStatus:
        """As the status shows it."""
        return _policy_status(self)


@lru_cache(maxsize=MANY)
def _evaluated(
    entry: CandidateWithOrigin, valid: bool, chosen: bool, why: str, drops: bool = False
) -> Evaluated:
    """The same fate as before is the same object, whose status is known."""
    return Evaluated(entry, valid, chosen, why, drops)


@dataclass(frozen=True)
class Evaluation:
    """Everybody's fate in a stable order, and per endpoint and family the candidate that is used.

    `dropping`: in its place, the invalid one that has the traffic dropped (RFC 9256 §8.2).
    """

    evaluated: tuple[Evaluated, ...]
    chosen: Mapping[Target, Candidate]
    dropping: Mapping[Target, Candidate]


def from_rib(
    config: AgentConfig, asn: int, mode: str, paths: Iterable[ReceivedPath]
) -> tuple[list[CandidateWithOrigin], list[str]]:
    """Every SR Policy that peers sent, and a sentence for each path that cannot be read."""
    me = _identifiers(config.address_v4, config.router_id)
    read = [
        _read_path(p.nlri, p.attrs, p.peer, asn, mode, me)
        for p in paths
        if p.family is Family.IPV6_SRPOLICY
    ]
    entries = [item for item in read if isinstance(item, CandidateWithOrigin)]
    return entries, sorted({item for item in read if isinstance(item, str)})


@remember_last
def node_sids(pools: tuple[IPPool, ...]) -> Callable[[IPv6Address], bool]:
    """Does an address lie in a node's SID pool? Remembers its answers."""
    networks = [pool.cidr for pool in pools if pool.name.startswith(LOCALSID_POOL)]

    @lru_cache(maxsize=MANY)
    def is_node_sid(address: IPv6Address) -> bool:
        return any(address in network for network in networks)

    return is_node_sid


def is_for_others(config: AgentConfig, pools: tuple[IPPool, ...], path: ReceivedPath) -> bool:
    """Is it a policy that names other head ends, and that none of this node can enter?"""
    if path.family is not Family.IPV6_SRPOLICY:
        return False
    me = _identifiers(config.address_v4, config.router_id)
    read = _read_path(path.nlri, path.attrs, path.peer, config.asn, BGP, me)
    if not isinstance(read, CandidateWithOrigin) or read.excluded != NOT_MEANT:
        return False
    sid = read.candidate.binding_sid
    return sid is None or not node_sids(pools)(sid)


@lru_cache(maxsize=1)
def _identifiers(address: IPv4Address | None, router_id: str) -> frozenset[IPv4Address | None]:
    """What a route target names this node by."""
    return frozenset({address, IPv4Address(router_id)})


@lru_cache(maxsize=MANY)
def _read_path(
    nlri: bytes, attrs: bytes, peer: str, asn: int, mode: str, me: frozenset[IPv4Address | None]
) -> CandidateWithOrigin | str:
    """A path as a candidate, or a sentence on why it is none."""
    found, faults = codec.decode_all([(nlri, attrs, Originator(asn, ip_address(peer)))])
    if faults:
        return faults[0]
    candidate, origin = _classify_origin(found[0].candidate)
    excluded = ""
    if not any(found[0].is_for(address) for address in me):
        excluded = NOT_MEANT
    elif origin == BGP and mode != "bgp":
        excluded = f"policies by BGP do not count in TE mode {mode}"
    return CandidateWithOrigin(candidate, origin, excluded)


def _classify_origin(candidate: Candidate) -> tuple[Candidate, str]:
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


def from_configmap(candidates: Iterable[Candidate], mode: str) -> list[CandidateWithOrigin]:
    """The ConfigMap's policies; present but out of the competition in mode bgp."""
    excluded = "" if mode == "configmap" else f"the ConfigMap does not count in TE mode {mode}"
    return [CandidateWithOrigin(candidate, CONFIGMAP, excluded) for candidate in candidates]


def announced_sids(
    entries: Iterable[CandidateWithOrigin],
) -> dict[IPv6Address, dict[IPv6Address, int]]:
    """Which SIDs each endpoint announces as its own, with the family that each decapsulates."""
    announced: dict[IPv6Address, dict[IPv6Address, int]] = {}
    for item in entries:
        family = item.candidate.family if item.origin == BEST_EFFORT else None
        if family is not None:
            sid = item.candidate.segment_lists[0].segments[0].sid
            announced.setdefault(item.candidate.endpoint, {})[sid] = family
    return announced


def evaluate(
    config: AgentConfig,
    entries: Iterable[CandidateWithOrigin],
    head_end: HeadEnd,
    unbound: Mapping[Candidate, str] = MappingProxyType({}),
) -> Evaluation:
    """Each candidate's fate; `unbound`: those that are invalid without their binding SIDs, and why
    they cannot have these.
    """
    items = sorted(set(entries), key=_get_order)
    judge = _judge(config.address_v6, config.max_segments, announced_sids(items), head_end)

    def faults(candidate: Candidate) -> tuple[str, ...]:
        return judge(candidate) or ((unbound[candidate],) if candidate in unbound else ())

    by_target: dict[tuple[IPv6Address, int | None], list[CandidateWithOrigin]] = {}
    evaluated: list[Evaluated] = []
    chosen: dict[Target, Candidate] = {}
    dropping: dict[Target, Candidate] = {}
    for item in items:
        if item.excluded:
            evaluated.append(_evaluated(item, not faults(item.candidate), False, item.excluded))
        else:
            by_target.setdefault(item.candidate.steers, []).append(item)
    for (endpoint, family), competitors in by_target.items():
        selection = select((c.candidate for c in competitors), faults)
        lost = {other.candidate: other for other in selection.others}
        drops = _find_dropping(competitors, selection) if family is not None else None
        if drops is not None and family is not None:
            dropping[endpoint, family] = drops
        elif selection.chosen is not None and family is not None:
            chosen[endpoint, family] = selection.chosen
        for item in competitors:
            other = lost.get(item.candidate)
            if item.candidate == drops and other is not None:
                evaluated.append(_evaluated(item, False, False, other.reason + _DROPS, True))
            elif other is not None:
                evaluated.append(_evaluated(item, other.valid, False, other.reason))
            elif drops is not None:
                evaluated.append(_evaluated(item, True, False, _DROPPED))
            else:
                evaluated.append(_evaluated(item, True, True, _explain_choice(len(competitors))))
    ordered = sorted(evaluated, key=lambda item: item.entry.order)
    return Evaluation(tuple(ordered), chosen, dropping)


def _find_dropping(
    competitors: Iterable[CandidateWithOrigin], selection: Selection
) -> Candidate | None:
    """The best of those that say Drop-Upon-Invalid, where all but best effort is invalid."""
    lowest = {item.candidate for item in competitors if item.origin == BEST_EFFORT}
    if selection.chosen is not None and selection.chosen not in lowest:
        return None
    invalid = (other for other in selection.others if not other.valid)
    return next(
        (
            other.candidate
            for other in invalid
            if other.candidate.drop_upon_invalid and other.reason != OWN_ENDPOINT
        ),
        None,
    )


@remember_last
def _judge(
    own: IPv6Address, max_segments: int, announced: Announced, head_end: HeadEnd
) -> Callable[[Candidate], tuple[str, ...]]:
    """What is wrong with a candidate, given what this node knows; remembers its answers."""

    @lru_cache(maxsize=MANY)
    def find_faults(candidate: Candidate) -> tuple[str, ...]:
        if candidate.endpoint == own:
            return (OWN_ENDPOINT,)
        return tuple(validity(candidate, announced, max_segments, head_end))

    return find_faults


def _explain_choice(competitors: int) -> str:
    return "the only candidate" if competitors == 1 else "best of the valid candidates (RFC 9256)"


def _get_order(item: CandidateWithOrigin) -> tuple[int, int, int, str, int, str, str]:
    return item.order


def _policy_status(evaluated: Evaluated) -> PolicyStatus:
    c = evaluated.entry.candidate
    return PolicyStatus(
        endpoint=str(c.endpoint),
        family=c.family or 0,
        source=evaluated.entry.origin,
        color=c.color,
        distinguisher=c.distinguisher,
        preference=c.preference,
        priority=c.wire_priority,
        originator=str(c.originator.address),
        binding_sid=str(c.binding_sid) if c.binding_sid else None,
        segment_lists=tuple(
            SegmentListStatus(item.weight, tuple(str(sid) for sid in item.sids))
            for item in c.segment_lists
        ),
        valid=evaluated.valid,
        chosen=evaluated.chosen,
        why=evaluated.why,
        binding_sid_state="",
    )
