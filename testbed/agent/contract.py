"""What an agent tells the rest of the testbed: the content of its status.json, as types.

The keys on disk are the names of the fields. `testbed.agent.status_file` reads and writes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from functools import cached_property

from testbed.json_types import (
    JsonObject,
    get_flag,
    get_number,
    get_object,
    get_objects,
    get_optional_text,
    get_text,
    get_texts,
)

BEST_EFFORT, BGP, CONFIGMAP = "best-effort", "bgp", "configmap"  # origins of a policy
SEGMENTS, PLAIN, LOCAL = "segments", "plain", "local"  # ways to a prefix, beside overlays' names
ESTABLISHED = "Established"
OWN_ENDPOINT = "its endpoint is this node itself"
INSTALLED = "installed"  # of a binding SID
DROPPED = "dropped"  # a way to a prefix: a policy that is invalid says so (Drop-Upon-Invalid)
NOT_MEANT = "its route targets name other head ends"


class Entry:
    """A part of a status. An index gives a field as JSON, for scenarios that use keys."""

    def __getitem__(self, key: str) -> object:
        return self.to_json()[key]

    @cached_property
    def text(self) -> str:
        """As JSON text; most of what an agent reports is the same each time."""
        return json.dumps(self.to_json())

    def to_json(self) -> dict[str, object]:
        """The fields as a JSON object."""
        return {f.name: _to_json(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]


def _to_json(value: object) -> object:
    if isinstance(value, Entry):
        return value.to_json()
    return [_to_json(item) for item in value] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class SessionStatus(Entry):
    """A BGP session; `peer` is the other end's name, `received` its number of paths."""

    peer: str
    address: str
    state: str
    reason: str
    received: int

    @property
    def established(self) -> bool:
        """Is the session up?"""
        return self.state == ESTABLISHED


@dataclass(frozen=True)
class PodStatus(Entry):
    """A pod interface; `interface` is its end on the node."""

    id: str
    name: str
    ipv4: str | None
    ipv6: str | None
    interface: str


@dataclass(frozen=True)
class SegmentListStatus(Entry):
    """A segment list of a policy, in travel order."""

    weight: int
    segments: tuple[str, ...]


@dataclass(frozen=True)
class PolicyStatus(Entry):
    """A candidate of an SR Policy: where it comes from, if it is valid and chosen, and why.

    `binding_sid_state`: of one in use that has a binding SID, "installed" or "not installed: why".
    `family` 0: its segment lists do not say which packets they carry.
    """

    endpoint: str
    family: int
    source: str
    color: int
    distinguisher: int
    preference: int
    priority: int
    originator: str
    binding_sid: str | None
    segment_lists: tuple[SegmentListStatus, ...]
    valid: bool
    chosen: bool
    why: str
    binding_sid_state: str

    @property
    def refused(self) -> bool:
        """Is it meant for this head end, and invalid here?"""
        meant = self.source != BEST_EFFORT and self.why not in (OWN_ENDPOINT, NOT_MEANT)
        return meant and not self.valid

    @staticmethod
    def none(endpoint: str) -> PolicyStatus:
        """What stands for the policy in use where there is none: it has no segment list."""
        return PolicyStatus(endpoint, 0, "none", 0, 0, 0, 0, "", None, (), False, False, "", "")


@dataclass(frozen=True)
class PrefixStatus(Entry):
    """A pod prefix, the node that has it, and how it is reached.

    `via` is "segments", "dropped", "plain", "local", "direct", or the name of a legacy overlay.
    """

    prefix: str
    next_hop: str
    via: str


@dataclass(frozen=True)
class LocalSidsStatus(Entry):
    """The node's own SIDs (None: it has none yet), and replaced ones that still decapsulate."""

    dt4: str | None = None
    dt6: str | None = None
    replaced: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """A SID that there is not has no key."""
        return {key: value for key, value in super().to_json().items() if value is not None}

    def of(self, family: int) -> str | None:
        """The SID that decapsulates packets of an inner family (4 or 6)."""
        return self.dt4 if family == 4 else self.dt6


@dataclass(frozen=True)
class IsolationStatus(Entry):
    """How many pods of the node NetworkPolicies isolate: how many policies, with how many rules."""

    pods: int = 0
    policies: int = 0
    rules: int = 0


@dataclass(frozen=True)
class NodeStatus(Entry):
    """All that an agent reports; one without any report has generation -1."""

    node: str
    te_mode: str = ""
    blocks: tuple[str, ...] = ()
    local_sids: LocalSidsStatus = field(default_factory=LocalSidsStatus)
    sessions: tuple[SessionStatus, ...] = ()
    pods: tuple[PodStatus, ...] = ()
    policies: tuple[PolicyStatus, ...] = ()
    prefixes: tuple[PrefixStatus, ...] = ()
    isolation: IsolationStatus = field(default_factory=IsolationStatus)
    overlays: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ready: bool = False
    problems: tuple[str, ...] = ()
    generation: int = -1

    def chosen_policy(self, endpoint: str, family: int) -> PolicyStatus | None:
        """The policy that steers packets of a family to an endpoint (an address)."""
        wanted = (endpoint, family)
        chosen = (p for p in self.policies if p.chosen and (p.endpoint, p.family) == wanted)
        return next(chosen, None)

    def drops(self, endpoint: str, family: int) -> bool:
        """Are packets of a family to an endpoint dropped, as a policy says?"""
        return any(
            p.via == DROPPED and p.next_hop == endpoint and (6 if ":" in p.prefix else 4) == family
            for p in self.prefixes
        )


def parse_status(data: JsonObject) -> NodeStatus:
    """The content of a status.json; raises KeyError or ValueError that names the field."""
    sids = get_object(data, "local_sids")
    return NodeStatus(
        node=get_text(data, "node"),
        te_mode=get_text(data, "te_mode"),
        blocks=get_texts(data, "blocks"),
        local_sids=LocalSidsStatus(
            get_optional_text(sids, "dt4"),
            get_optional_text(sids, "dt6"),
            get_texts(sids, "replaced"),
        ),
        sessions=tuple(_parse_session(item) for item in get_objects(data, "sessions")),
        pods=tuple(_parse_pod(item) for item in get_objects(data, "pods")),
        policies=tuple(_parse_policy(item) for item in get_objects(data, "policies")),
        prefixes=tuple(_parse_prefix(item) for item in get_objects(data, "prefixes")),
        isolation=_parse_isolation(get_object({"isolation": {}, **data}, "isolation")),
        overlays=get_texts(data, "overlays"),
        notes=get_texts(data, "notes"),
        ready=get_flag(data, "ready"),
        problems=get_texts(data, "problems"),
        generation=get_number(data, "generation"),
    )


def _parse_session(data: JsonObject) -> SessionStatus:
    peer, address, state, reason = (
        get_text(data, key) for key in ("peer", "address", "state", "reason")
    )
    return SessionStatus(peer, address, state, reason, get_number(data, "received"))


def _parse_pod(data: JsonObject) -> PodStatus:
    return PodStatus(
        id=get_text(data, "id"),
        name=get_text(data, "name"),
        ipv4=get_optional_text(data, "ipv4"),
        ipv6=get_optional_text(data, "ipv6"),
        interface=get_text(data, "interface"),
    )


def _parse_policy(data: JsonObject) -> PolicyStatus:
    return PolicyStatus(
        endpoint=get_text(data, "endpoint"),
        family=get_number(data, "family"),
        source=get_text(data, "source"),
        color=get_number(data, "color"),
        distinguisher=get_number(data, "distinguisher"),
        preference=get_number(data, "preference"),
        priority=get_number(data, "priority"),
        originator=get_text(data, "originator"),
        binding_sid=get_optional_text(data, "binding_sid"),
        segment_lists=tuple(
            SegmentListStatus(get_number(item, "weight"), get_texts(item, "segments"))
            for item in get_objects(data, "segment_lists")
        ),
        valid=get_flag(data, "valid"),
        chosen=get_flag(data, "chosen"),
        why=get_text(data, "why"),
        binding_sid_state=get_text(data, "binding_sid_state"),
    )


def _parse_isolation(data: JsonObject) -> IsolationStatus:
    """What an agent of an older version does not tell is nothing."""
    counts = {"pods": 0, "policies": 0, "rules": 0, **data}
    return IsolationStatus(*(get_number(counts, key) for key in ("pods", "policies", "rules")))


def _parse_prefix(data: JsonObject) -> PrefixStatus:
    return PrefixStatus(*(get_text(data, key) for key in ("prefix", "next_hop", "via")))
