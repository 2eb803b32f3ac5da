"""A proven path for people (terminal, at most 80 columns) and for programs (JSON). Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address

from typing_extensions import NotRequired, TypedDict

from testbed.plan.model import Plan
from testbed.plan.spf import sid_owner
from testbed.prove.packets import Header, Observation
from testbed.prove.path import Hop, Trace

WIDTH = 80


class InnerData(TypedDict):
    """The encapsulated packet's header, for JSON."""

    src: str
    dst: str
    hop_limit: int | None


class BetweenData(TypedDict):
    """A header between the outer and the inner one, for JSON: of a policy that entered another."""

    src: str
    dst: str
    hop_limit: int
    segments: list[str] | None
    segments_left: int | None


class ObservationData(TypedDict):
    """A probe as seen on one interface, for JSON."""

    interface: str
    src: str
    dst: str
    hop_limit: int
    segments: list[str] | None
    segments_left: int | None
    vni: int | None
    between: NotRequired[list[BetweenData]]  # records of before have none
    inner: InnerData | None


# One node of a way; "in" is no name in Python.
HopData = TypedDict(
    "HopData",
    {
        "node": str,
        "in": ObservationData | None,
        "out": ObservationData | None,
        "encapsulates": bool,
        "decapsulates": bool,
    },
)


class WayData(TypedDict):
    """A way that probes took, for JSON."""

    probes: int
    delivered: bool
    nodes: list[str]
    hops: list[HopData]


class ProofData(TypedDict):
    """A proof of path: what was expected, what was seen, and if that is the same."""

    source: str
    destination: str
    family: int
    source_address: str
    destination_address: str
    expectation: str
    passed: bool
    sentences: list[str]
    probes: int
    paths: list[WayData]


def grouped(traces: Iterable[Trace]) -> list[tuple[Trace, int]]:
    """The different ways that probes took, the most frequent first, with their numbers."""
    groups: dict[tuple[object, ...], list[Trace]] = {}
    for one in traces:
        groups.setdefault(_describe_way(one), []).append(one)
    return sorted(((same[0], len(same)) for same in groups.values()), key=lambda g: -g[1])


def _describe_way(one: Trace) -> tuple[object, ...]:
    steps = tuple(
        (hop.node, *_crossing_key(hop.arrived), *_crossing_key(hop.left)) for hop in one.hops
    )
    return (one.delivered, *steps)


def _crossing_key(o: Observation | None) -> tuple[object, ...]:
    if o is None:
        return (None, None, None)
    return (o.interface, o.outer_dst, o.segments_left, *(header.dst for header in o.between))


def drawing(plan: Plan, traces: list[Trace]) -> str:
    """The ways as text, one node below the other."""
    lines: list[str] = []
    for one, count in grouped(traces):
        lines.append(f"{count} of {len(traces)} probes:")
        for hop in one.hops:
            lines += _hop_lines(plan, hop, last=hop is one.hops[-1], delivered=one.delivered)
        lines.append("")
    return "\n".join(_cut_to_width(line) for line in lines).rstrip()


def _hop_lines(plan: Plan, hop: Hop, last: bool, delivered: bool) -> Iterator[str]:
    notes = list(_hop_notes(hop))
    if last:
        notes.append("delivered" if delivered else "✗ lost")
    yield f"  {hop.node:<14} {'; '.join(notes)}".rstrip()
    if hop.encapsulates and hop.left and (hop.left.segments_ahead or hop.left.travel):
        for sid in hop.left.ahead:
            yield f"  │    segment {sid} {_owner_note(plan, sid)}".rstrip()
    if hop.left is not None:
        yield f"  │ {_link_words(hop.left)}"


def _hop_notes(hop: Hop) -> Iterator[str]:
    if hop.decapsulates:
        yield "■ decapsulates"
    if hop.encapsulates and hop.left is not None:
        yield f"□ encapsulates{_describe_encapsulation(hop.left)}"
    if hop.ends_segment:
        left, after = hop.segments_left
        yield f"◆ waypoint: segments left {left} → {after}"


def _describe_encapsulation(o: Observation) -> str:
    if o.vni is not None:
        return f" in VXLAN, VNI {o.vni}"
    if isinstance(o.outer_dst, IPv4Address):
        return " in IP-in-IP"
    return "" if o.segments else ", no SRH"


def _owner_note(plan: Plan, sid: IPv6Address) -> str:
    across = plan.adjacencies.get(sid)
    if across is not None:
        behaviour = "uA" if sid == across[0].micro_sid else "End.X"
        return f"({behaviour} {across[0].interface})"
    owner = sid_owner(plan, sid)
    return f"({owner})" if owner else ""


def _link_words(o: Observation) -> str:
    limit = f"{'ttl' if o.outer_dst.version == 4 else 'hlim'} {o.hop_limit}"
    left = "" if o.segments_left is None else f" sl {o.segments_left}"
    return f"{o.interface:<15} → {o.outer_dst}  {limit}{left}"


def paragraphs(sentences: Iterable[str]) -> str:
    """Sentences, wrapped to the terminal."""
    return "\n".join(
        line
        for sentence in sentences
        for line in textwrap.wrap(sentence, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    )


def _cut_to_width(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def as_data(traces: list[Trace]) -> list[WayData]:
    """The ways as plain data for JSON."""
    return [
        {
            "probes": count,
            "delivered": one.delivered,
            "nodes": list(one.nodes),
            "hops": [_hop_data(hop) for hop in one.hops],
        }
        for one, count in grouped(traces)
    ]


def _hop_data(hop: Hop) -> HopData:
    return {
        "node": hop.node,
        "in": _observation_data(hop.arrived),
        "out": _observation_data(hop.left),
        "encapsulates": hop.encapsulates,
        "decapsulates": hop.decapsulates,
    }


def _header_data(header: Header) -> BetweenData:
    return {
        "src": str(header.src),
        "dst": str(header.dst),
        "hop_limit": header.hop_limit,
        "segments": _texts(header.segments),
        "segments_left": header.segments_left,
    }


def _texts(segments: tuple[IPv6Address, ...] | None) -> list[str] | None:
    return None if segments is None else [str(sid) for sid in segments]


def _observation_data(o: Observation | None) -> ObservationData | None:
    if o is None:
        return None
    inner: InnerData | None = None
    if o.inner_dst is not None:
        inner = {
            "src": str(o.inner_src),
            "dst": str(o.inner_dst),
            "hop_limit": o.inner_hop_limit,
        }
    return {
        "interface": o.interface,
        "src": str(o.outer_src),
        "dst": str(o.outer_dst),
        "hop_limit": o.hop_limit,
        "segments": _texts(o.segments),
        "segments_left": o.segments_left,
        "vni": o.vni,
        "between": [_header_data(header) for header in o.between],
        "inner": inner,
    }
