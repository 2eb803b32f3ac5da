"""Routes as values: how `ip` is told about them, how it lists them, and what differs.

Only routes of protocol 201 are ours; all live in the main table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import Any

PROTOCOL = 201  # unassigned in iproute2, so that it is shown as it is
# An IPv6 multipath route needs a gateway per next hop. Encapsulated packets are routed anew by
# their outer destination, so any on-link address does, and this one is never asked for.
MULTIPATH_GATEWAY = "fe80::1"


@dataclass(frozen=True, order=True)
class Hop:
    """One next hop: a device, or an SRv6 encapsulation (RFC 8986) on the way out of it.

    `mode` "encap" puts every segment into an SRH, "encap.red" leaves out the first one (and with
    one segment the whole SRH). Segments in travel order.
    """

    device: str
    weight: int = 1
    mode: str = ""
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Route:
    """A route of the main table; exactly one of hops, blackhole and action is meaningful.

    `action` is a seg6local behaviour, e.g. "End.DT6 table 254" on `hops[0].device`.
    """

    prefix: str
    hops: tuple[Hop, ...] = ()
    blackhole: bool = False
    action: str = ""
    source: str = ""  # preferred source address of what the node itself sends there

    @property
    def family(self) -> int:
        """4 or 6, of the destination."""
        return 6 if ":" in self.prefix else 4


@dataclass(frozen=True)
class Change:
    """What brings the kernel from what it has to what is wanted."""

    replace: tuple[Route, ...] = ()
    delete: tuple[Route, ...] = ()

    @property
    def empty(self) -> bool:
        """True when nothing differs."""
        return not self.replace and not self.delete


def diff(wanted: Iterable[Route], actual: Iterable[Route]) -> Change:
    """The difference; a route whose prefix stays is replaced in place, never deleted.

    Raises ValueError when two wanted routes have the same prefix.
    """
    want = by_prefix(wanted)
    have: dict[str, Route] = {}
    surplus: list[Route] = []
    for route in actual:  # somebody else's hand can leave two of ours for one prefix
        if route.prefix in have:
            surplus.append(route)
        have[route.prefix] = route
    doubled = {r.prefix for r in surplus}
    replace = [r for p, r in sorted(want.items()) if have.get(p) != r or p in doubled]
    delete = [r for p, r in sorted(have.items()) if p not in want]
    return Change(tuple(replace), tuple(delete + [r for r in surplus if r.prefix not in want]))


def by_prefix(routes: Iterable[Route]) -> dict[str, Route]:
    """Routes by destination; raises ValueError when one destination has two different ones."""
    found: dict[str, Route] = {}
    for route in routes:
        if found.setdefault(route.prefix, route) != route:
            raise ValueError(f"two routes to {route.prefix}")
    return found


def commands(change: Change, family: int) -> list[str]:
    """Lines for `ip -FAMILY -force -batch -`: first everything new, last what goes."""
    lines = [f"route replace {render(r)}" for r in change.replace if r.family == family]
    return lines + [f"route del {_selector(r)}" for r in change.delete if r.family == family]


def _selector(route: Route) -> str:
    kind = "blackhole " if route.blackhole else ""
    return f"{kind}{route.prefix} proto {PROTOCOL}"


def render(route: Route) -> str:
    """The route as arguments of `ip route replace`."""
    head = _selector(route)
    if route.blackhole:
        return head
    if route.action:
        return f"{head} encap seg6local action {route.action} dev {route.hops[0].device}"
    if len(route.hops) == 1:
        scope = " scope link" if route.family == 4 and not route.hops[0].segments else ""
        source = f" src {route.source}" if route.source else ""
        return f"{head} {_hop(route.hops[0])}{source}{scope}"
    via = f"via {MULTIPATH_GATEWAY} " if route.family == 6 else ""
    return head + "".join(
        f" nexthop {_encap(h)}{via}dev {h.device} weight {h.weight}" for h in route.hops
    )


def _hop(hop: Hop) -> str:
    return f"{_encap(hop)}dev {hop.device}"


def _encap(hop: Hop) -> str:
    if not hop.segments:
        return ""
    return f"encap seg6 mode {hop.mode} segs {','.join(hop.segments)} "


def parse(listed: Iterable[Mapping[str, Any]], family: int) -> list[Route]:
    """Routes from `ip -j -FAMILY route show proto 201`, in the form of the wanted ones."""
    return [_parse(entry, family) for entry in listed]


def _parse(entry: Mapping[str, Any], family: int) -> Route:
    prefix = _prefix(str(entry["dst"]), family)
    if entry.get("type") == "blackhole":
        return Route(prefix, blackhole=True)
    if entry.get("encap") == "seg6local":
        return Route(prefix, (Hop(str(entry.get("dev"))),), action=_action(entry))
    source = str(entry.get("prefsrc", ""))
    if "nexthops" in entry:
        return Route(prefix, tuple(sorted(_parse_hop(h) for h in entry["nexthops"])))
    return Route(prefix, (_parse_hop({**entry, "weight": 1}),), source=source)


def _prefix(text: str, family: int) -> str:
    if text == "default":
        return "::/0" if family == 6 else "0.0.0.0/0"
    return str(ip_network(text))


def _parse_hop(entry: Mapping[str, Any]) -> Hop:
    segments = tuple(str(IPv6Address(s)) for s in entry.get("segs", ()))
    mode = str(entry.get("mode", "")) if segments else ""
    return Hop(str(entry.get("dev", "")), int(entry.get("weight", 1)), mode, segments)


def _action(entry: Mapping[str, Any]) -> str:
    words = [str(entry.get("action"))]
    for key in ("nh4", "nh6", "vrftable", "table"):
        if key in entry:
            value = str(entry[key])
            words += [key, "254" if value == "main" else value]
    return " ".join(words)
