"""Reads the native form: several candidates, head ends, weights, node names for SIDs.

One document is one policy; each of its candidates becomes one NLRI, as BGP carries them.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address

from testbed.errors import TestbedError
from testbed.srpolicy.files import fields, schema
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.files.yaml_tree import Value
from testbed.srpolicy.model import (
    BEHAVIOR_OF_FAMILY,
    DEFAULT_PREFERENCE,
    Candidate,
    Segment,
    SegmentList,
)

KIND = "SRPolicy"

# A node's name as an address: with None its own (End SID, endpoint), with 4 or 6 its local SID
# for that family. None (or KeyError) as the answer: no such node; TestbedError: its words are used.
Resolve = Callable[[str, "int | None"], "IPv6Address | None"]


def nothing_known(_name: str, _family: int | None) -> IPv6Address | None:
    """The resolver for files that hold addresses only."""
    return None


def recognises(document: Value) -> bool:
    """True if the document looks like our form."""
    if not isinstance(document.content, dict):
        return False
    kind, version = document.get("kind"), document.get("apiVersion")
    ours = version is not None and str(version.content).startswith("testbed")
    return ours or (kind is not None and kind.content == KIND)


def read(document: Value, resolve: Resolve = nothing_known) -> list[PolicyChange]:
    """One change per candidate. Raises TestbedError with file:line."""
    schema.check(document)
    spec = document.content["spec"]
    name = document.content["metadata"].content["name"].content
    candidates = spec.content["candidates"].content
    return [_read_change(item, i, spec, name, resolve) for i, item in enumerate(candidates, 1)]


def _read_change(
    value: Value, position: int, spec: Value, name: str, resolve: Resolve
) -> PolicyChange:
    family = 4 if spec.content["family"].content == "IPv4" else 6
    endpoint = spec.content["endpoint"]
    bsid, priority = value.get("bindingSid"), value.get("priority")
    head_ends = spec.get("headEnds")
    listed = value.content["segmentLists"].content
    candidate = Candidate(
        endpoint=_resolve_address(endpoint, "endpoint", None, resolve),
        segment_lists=tuple(_segment_list(item, family, resolve) for item in listed),
        color=int(spec.content["color"].content),
        distinguisher=_read_integer(value.get("discriminator"), position),
        preference=_read_integer(value.get("preference"), DEFAULT_PREFERENCE),
        priority=int(priority.content) if priority else None,
        binding_sid=fields.address(bsid, "bindingSid") if bsid else None,
        head_ends=tuple(head_ends.plain) if head_ends else (),
        specified_sid_only=_is_set(value.get("specifiedBindingSidOnly")),
        drop_upon_invalid=_is_set(value.get("dropUponInvalid")),
    )
    segments = tuple(
        tuple(item.line for item in each.content["segments"].content) for each in listed
    )
    lines = Lines(value.line, endpoint.line, bsid.line if bsid else None, segments)
    source = value.source
    protect = _is_set(spec.get("protect"))
    return PolicyChange(candidate.key, candidate, source, lines, name, named=True, protect=protect)


def _segment_list(value: Value, family: int, resolve: Resolve) -> SegmentList:
    items = value.content["segments"].content
    segments = [
        _read_segment(item, family if i == len(items) else None, resolve)
        for i, item in enumerate(items, 1)
    ]
    return SegmentList(tuple(segments), _read_integer(value.get("weight"), 1))


def _read_segment(value: Value, family: int | None, resolve: Resolve) -> Segment:
    """`family` for the last segment only: waypoints need no behaviour."""
    nested = isinstance(value.content, dict)
    sid = value.content["sid"] if nested else value
    said = value.get("behavior") if nested else None
    behavior: int | None = BEHAVIOR_OF_FAMILY[family] if family else None
    if said is not None:
        behavior = int(said.content)
    return Segment(_resolve_address(sid, "SID", family, resolve), behavior)


def _resolve_address(value: Value, what: str, family: int | None, resolve: Resolve) -> IPv6Address:
    """An address as written, or that of the named node."""
    word = value.content
    if ":" in word or word.replace(".", "").isdigit():
        return fields.address(value, what)
    try:
        found = resolve(word, family)
    except TestbedError as error:  # the resolver knows the names and may have a suggestion
        raise TestbedError(error.what, where=value.where, why=error.why, fix=error.fix) from None
    except KeyError:
        found = None
    if found is None:
        wanted = f"local SID for IPv{family}" if family else "IPv6 address"
        raise TestbedError(
            f"no node called {fields.shown(word)} {f'has a {wanted}' if family else 'is known'}",
            where=value.where,
            why=f"its {wanted} is needed here",
            fix=f"write the address, or the name of a {'cluster node' if family else 'node'}",
        )
    return found


def _is_set(value: Value | None) -> bool:
    return value is not None and bool(value.content)


def _read_integer(value: Value | None, default: int) -> int:
    """JSON Schema takes 1.0 for an integer; so do we."""
    return default if value is None else int(value.content)
