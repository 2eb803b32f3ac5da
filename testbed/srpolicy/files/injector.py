"""Reads and writes the YAML of the paper's policy injector: one SR Policy per document.

Its peculiarities: priority is the standing among candidates (0 or absent: 100, and that is the
preference here), weight 0 means 1, behaviours on waypoints are noise, and age, sourceasn and
neighborip are copied from some listing and ignored.
"""

from __future__ import annotations

from testbed.errors import TestbedError
from testbed.srpolicy.files import fields
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.files.yaml_tree import Value
from testbed.srpolicy.model import (
    DEFAULT_PREFERENCE,
    Candidate,
    Segment,
    SegmentList,
    SRPolicy,
)

_U32 = 2**32 - 1
_IGNORED = ("age", "sourceasn", "neighborip")
_USED = ("nlri", "iswithdraw", "family", "segmentlist", "bsid", "priority", "nexthop")


def recognises(document: Value) -> bool:
    """True if the document looks like the injector's form."""
    return isinstance(document.content, dict) and bool(
        document.content.keys() & {"nlri", "segmentlist"}
    )


def read(document: Value) -> PolicyChange:
    """The change that one document asks for. Raises TestbedError with file:line."""
    fields.without_protect(document, "the injector's form")
    fields.mapping(document, "the policy", _USED + _IGNORED)
    _check_family(document.get("family"))
    policy, endpoint_line = _read_nlri(fields.required(document, "nlri", "the policy's nlri"))
    withdraw = fields.boolean(document.get("iswithdraw"), "iswithdraw")
    next_hop = document.get("nexthop")
    bsid = document.get("bsid")
    candidate: Candidate | None = None
    segment_lines: tuple[int, ...] = ()
    listed = document.get("segmentlist")
    if not withdraw or listed is not None:
        listed = fields.required(document, "segmentlist", "the policy's segmentlist")
        segment_list, segment_lines = _segment_list(listed)
        priority = fields.integer(document.get("priority"), "priority", _U32)
        candidate = Candidate(
            endpoint=policy.endpoint,
            segment_lists=(segment_list,),
            color=policy.color,
            distinguisher=policy.distinguisher,
            preference=priority or DEFAULT_PREFERENCE,
            binding_sid=fields.address(bsid, "bsid") if bsid else None,
        )
    return PolicyChange(
        policy=policy,
        candidate=candidate,
        source=document.source,
        lines=Lines(
            document.line,
            endpoint_line,
            bsid.line if bsid else None,
            (segment_lines,) if segment_lines else (),
        ),
        name=f"{policy.endpoint}-{policy.color}-{policy.distinguisher}",
        withdraw=withdraw,
        next_hop=fields.address(next_hop, "nexthop") if next_hop else None,
    )


def write(candidate: Candidate, withdraw: bool = False) -> str:
    """The candidate as the injector's YAML; raises TestbedError for what that form cannot hold."""
    if len(candidate.segment_lists) != 1:
        raise TestbedError(
            "the injector's form holds exactly one segment list",
            why=f"this candidate has {len(candidate.segment_lists)}",
        )
    if candidate.preference == 0:
        raise TestbedError("the injector's form cannot say preference 0", why="0 means 100 there")
    if candidate.specified_sid_only or candidate.drop_upon_invalid:
        raise TestbedError("the injector's form has no place for a binding SID's flags")
    (segment_list,) = candidate.segment_lists
    if segment_list.weight == 0:
        raise TestbedError("the injector's form cannot say weight 0", why="0 means 1 there")
    lines = [
        "nlri:",
        f"  distinguisher: {candidate.distinguisher}",
        f"  color: {candidate.color}",
        f'  endpoint: "{candidate.endpoint}"',
        f"iswithdraw: {str(withdraw).lower()}",
        "family:",
        "  afi: 2",
        "  safi: 73",
        "segmentlist:",
        f"  weight: {segment_list.weight}",
        "  segments:" + ("" if segment_list.segments else " []"),
    ]
    for segment in segment_list.segments:
        lines.append(f'  - sid: "{segment.sid}"')
        if segment.behavior is not None:
            lines.append(f"    behavior: {segment.behavior}")
    if candidate.binding_sid is not None:
        lines.append(f'bsid: "{candidate.binding_sid}"')
    lines += [f"priority: {candidate.preference}", f'nexthop: "{candidate.endpoint}"']
    return "\n".join(lines) + "\n"


def _read_nlri(value: Value) -> tuple[SRPolicy, int]:
    fields.mapping(value, "nlri", ("distinguisher", "color", "endpoint"))
    endpoint = fields.required(value, "endpoint", "the nlri's endpoint")
    policy = SRPolicy(
        distinguisher=fields.integer(value.get("distinguisher"), "distinguisher", _U32),
        color=fields.integer(value.get("color"), "color", _U32),
        endpoint=fields.address(endpoint, "endpoint"),
    )
    return policy, endpoint.line


def _segment_list(value: Value) -> tuple[SegmentList, tuple[int, ...]]:
    fields.mapping(value, "segmentlist", ("weight", "segments"))
    weight = fields.integer(value.get("weight"), "weight", _U32) or 1
    listed = fields.required(value, "segments", "the segment list's segments")
    items = fields.sequence(listed, "segments")
    return SegmentList(tuple(map(_read_segment, items)), weight), tuple(item.line for item in items)


def _read_segment(value: Value) -> Segment:
    fields.mapping(value, "a segment", ("sid", "behavior"))
    sid = fields.address(fields.required(value, "sid", "the segment's sid"), "sid")
    behavior = value.get("behavior")
    if behavior is None:
        return Segment(sid)
    # Go writes an absent behaviour as 0
    return Segment(sid, fields.integer(behavior, "behavior", 0xFFFF) or None)


def _check_family(family: Value | None) -> None:
    if family is None:
        return
    fields.mapping(family, "family", ("afi", "safi"))
    afi = fields.integer(family.get("afi"), "afi", 0xFFFF, default=2)
    safi = fields.integer(family.get("safi"), "safi", 0xFF, default=73)
    if (afi, safi) != (2, 73):
        raise TestbedError(
            "only IPv6 SR Policy is carried here",
            where=family.where,
            why=f"the file says AFI {afi}, SAFI {safi}",
            fix="use afi: 2, safi: 73",
        )
