"""Routes as `ip -N -j` lists them, read as values.

What belongs to an encapsulation is an object of its own where iproute2 is newer (seen: 6.15), and
lies among the route's own keys where it is older (seen: 6.1). A route that has a form which is not
known here is kept as it is listed: it is there, but what it does is not understood.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_network

from testbed.agent.desired.routes import MAIN, MULTIPATH_GATEWAY, Hop, Route
from testbed.json_types import JsonObject, as_object, get_objects, get_text, get_texts

# RTN_…: with -N, types are numbers too; a route to a neighbour or network has none
_REFUSALS = {"6": "blackhole", "7": "unreachable"}
_LOOK_UP = ("End.DT6", "End.T")  # behaviours with a table of their own


def parse(listed: Iterable[JsonObject], family: int) -> list[Route]:
    """Routes from `ip -N -j -FAMILY route show proto 201 table all`, as the wanted ones look.

    Numeric, because a machine may have names for our tables. Raises KeyError or ValueError where
    not even the destination is understood.
    """
    return [_parse_route(entry, family) for entry in listed]


def _parse_route(entry: JsonObject, family: int) -> Route:
    prefix = _parse_prefix(get_text(entry, "dst"), family)
    encapsulation = _read_encapsulation(entry)
    try:
        if encapsulation.get("encap_type") == "seg6local" and "srh" not in encapsulation:
            return _parse_local(entry, encapsulation, prefix)
        return _parse_remote(entry, prefix)
    except (KeyError, ValueError):
        return Route(prefix, table=_read_table(entry), unread=json.dumps(entry))


def _read_encapsulation(entry: JsonObject) -> JsonObject:
    """The keys of a route's or next hop's encapsulation, its kind as `encap_type`."""
    encap = entry.get("encap")
    return as_object(encap) if isinstance(encap, dict) else {**entry, "encap_type": encap}


def _parse_local(entry: JsonObject, encapsulation: JsonObject, prefix: str) -> Route:
    """A seg6local route; where keys are mixed, a behaviour's table comes before the route's."""
    action = get_text(encapsulation, "action")
    is_mixed = not isinstance(entry["encap"], dict) and action in _LOOK_UP
    table = int(str(entry.get("table again", MAIN))) if is_mixed else _read_table(entry)
    hops = (Hop(get_text(entry, "dev")),)
    return Route(prefix, hops, action=_parse_action(encapsulation), table=table)


def _parse_remote(entry: JsonObject, prefix: str) -> Route:
    table = _read_table(entry)
    if "type" in entry:
        return Route(prefix, refusal=_REFUSALS[get_text(entry, "type")], table=table)
    if "nexthops" in entry:
        hops = (_parse_hop(h, MULTIPATH_GATEWAY) for h in get_objects(entry, "nexthops"))
        return Route(prefix, tuple(sorted(hops)), table=table)
    source = str(entry.get("prefsrc", ""))
    return Route(prefix, (_parse_hop({**entry, "weight": 1}),), source=source, table=table)


def _parse_prefix(text: str, family: int) -> str:
    if text == "default":
        return "::/0" if family == 6 else "0.0.0.0/0"
    return str(ip_network(text))


def _read_table(entry: JsonObject) -> int:
    return int(str(entry.get("table", MAIN)))


def _parse_hop(entry: JsonObject, placeholder: str = "") -> Hop:
    mode, segments = _parse_segments(_read_encapsulation(entry))
    via = str(entry.get("gateway") or as_object(entry.get("via", {})).get("host", ""))
    return Hop(
        get_text(entry, "dev"),
        int(str(entry.get("weight", 1))),
        mode,
        segments,
        "" if via == placeholder else via,
    )


def _parse_segments(encapsulation: JsonObject) -> tuple[str, tuple[str, ...]]:
    """Mode and segment list of an SRv6 encapsulation; empty where there is none."""
    kind = encapsulation["encap_type"]
    if kind is None:
        return "", ()
    if kind == "seg6local":
        return get_text(encapsulation, "action"), _read_segments(as_object(encapsulation["srh"]))
    if kind != "seg6":
        raise ValueError(f"encapsulation {kind}")
    return get_text(encapsulation, "mode"), _read_segments(encapsulation)


def _read_segments(listed: JsonObject) -> tuple[str, ...]:
    return tuple(str(IPv6Address(sid)) for sid in get_texts(listed, "segs"))


def _parse_action(encapsulation: JsonObject) -> str:
    words = [get_text(encapsulation, "action")]
    for key in ("nh4", "nh6", "vrftable", "table"):
        if key in encapsulation and (key != "table" or words[0] in _LOOK_UP):
            value = str(encapsulation[key])
            words += [key, "254" if value == "main" else value]
    return " ".join(words)
