"""Routes as values: how `ip` is told about them, and what differs.

Only routes of protocol 201 are ours, in whichever table. How `ip` lists them: route_listing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PROTOCOL = 201  # unassigned in iproute2, so that it is shown as it is
MAIN = 254  # the main table
# An IPv6 multipath route needs a gateway per next hop. Encapsulated packets are routed anew by
# their outer destination, so any on-link address does, and this one is never asked for.
MULTIPATH_GATEWAY = "fe80::1"
ENTRY = "End.B6.Encaps"  # of a binding SID: packets that are segment-routed already
Key = tuple[int, str]  # table and destination


@dataclass(frozen=True, order=True)
class Hop:
    """One next hop: a device, or an SRv6 encapsulation (RFC 8986) on the way out of it.

    `mode` "encap" puts every segment into an SRH, "encap.red" leaves out the first one (and with
    one segment the whole SRH); ENTRY is a seg6local behaviour that puts every segment into the SRH
    of a further outer header. Segments in travel order. `via` is an IPv6 neighbour on the
    device, for routes of both families and without segments, or a tunnel's other end.
    """

    device: str
    weight: int = 1
    mode: str = ""
    segments: tuple[str, ...] = ()
    via: str = ""


@dataclass(frozen=True, order=True)
class Route:
    """A route; exactly one of hops, refusal, action and unread is meaningful.

    `refusal` is "blackhole" or "unreachable". `action` is a seg6local behaviour, e.g.
    "End.DT6 table 254" on `hops[0].device`, in any table. `unread` is how
    `ip` lists a route of a form that the agent does not know, and so never wants.
    """

    prefix: str
    hops: tuple[Hop, ...] = ()
    refusal: str = ""
    action: str = ""
    source: str = ""  # preferred source address of what the node itself sends there
    table: int = MAIN
    unread: str = ""

    @property
    def key(self) -> Key:
        """What a kernel has one route for."""
        return self.table, self.prefix

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
    """The difference; a route whose table and prefix stay is replaced in place, never deleted.

    Special tables come first and go last: the main table is what leads packets to them.
    Raises ValueError when two wanted routes have the same table and prefix.
    """
    want = by_key(wanted)
    have: dict[Key, Route] = {}
    surplus: list[Route] = []
    for route in actual:  # somebody else's hand can leave two of ours for one prefix
        if route.key in have:
            surplus.append(route)
        have[route.key] = route
    doubled = {r.key for r in surplus}
    replace = [r for k, r in sorted(want.items()) if have.get(k) != r or k in doubled]
    delete = [r for k, r in sorted(have.items(), reverse=True) if k not in want]
    return Change(tuple(replace), tuple(delete + [r for r in surplus if r.key not in want]))


def by_key(routes: Iterable[Route]) -> dict[Key, Route]:
    """Routes by table and destination; raises ValueError when two different ones share both."""
    found: dict[Key, Route] = {}
    for route in routes:
        if found.setdefault(route.key, route) != route:
            raise ValueError(f"two routes to {route.prefix} in table {route.table}")
    return found


def commands(change: Change, family: int) -> list[str]:
    """Lines for `ip -FAMILY -force -batch -`: first everything new, last what goes."""
    lines = [f"route replace {render(r)}" for r in change.replace if r.family == family]
    return lines + [f"route del {selector(r)}" for r in change.delete if r.family == family]


def selector(route: Route) -> str:
    """What `ip` needs to find the route, and how its render() begins."""
    kind = f"{route.refusal} " if route.refusal else ""
    table = f" table {route.table}" if route.table != MAIN else ""
    return f"{kind}{route.prefix}{table} proto {PROTOCOL}"


def render(route: Route) -> str:
    """The route as arguments of `ip route replace`."""
    head = selector(route)
    if route.refusal:
        return head
    if route.action:
        return f"{head} encap seg6local action {route.action} dev {route.hops[0].device}"
    if len(route.hops) == 1:
        hop = route.hops[0]
        source = f" src {route.source}" if route.source else ""
        scope = " scope link" if route.family == 4 and not (hop.segments or hop.via) else ""
        return f"{head} {_render_hop(hop)}{source}{scope}"
    via = f"via {MULTIPATH_GATEWAY} " if route.family == 6 else ""
    return head + "".join(
        f" nexthop {_render_encapsulation(h)}{via}dev {h.device} weight {h.weight}"
        for h in route.hops
    )


def _render_hop(hop: Hop) -> str:
    if hop.via:
        family = "inet6 " if ":" in hop.via else ""
        return f"via {family}{hop.via} dev {hop.device} onlink"
    return f"{_render_encapsulation(hop)}dev {hop.device}"


def _render_encapsulation(hop: Hop) -> str:
    if not hop.segments:
        return ""
    if hop.mode == ENTRY:
        return f"encap seg6local action {ENTRY} srh segs {','.join(hop.segments)} "
    return f"encap seg6 mode {hop.mode} segs {','.join(hop.segments)} "
