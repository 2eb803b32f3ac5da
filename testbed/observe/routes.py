"""Routes that routing daemons installed, straight from the kernel of a network namespace.

Convergence is polled while the daemons compete for the same cores, so no program is started for it.
"""

from __future__ import annotations

import socket

from testbed.host.namespaces import in_netns
from testbed.host.route_dump import ISIS, MAIN, UNICAST, UNREACHABLE, Prefix, routes_by

Routes = dict[Prefix, frozenset[str]]


def isis_routes(netns: str) -> Routes:
    """What IS-IS installed in the main table: prefix → outgoing interfaces, both families.

    `netns` is the name of a pinned namespace or the path of one. Raises OSError if it is not
    there.
    """
    return routes_of(netns, ISIS)


def routes_of(netns: str, protocol: int) -> Routes:
    """Routes of the main table with this rtnetlink protocol number.

    Unicast ones, and those that refuse (`unreachable`), over `lo`.
    """
    with in_netns(netns):
        found: dict[Prefix, frozenset[int]] = {}
        for route in routes_by(protocol):
            if route.table == MAIN and route.kind in (UNICAST, UNREACHABLE):
                found[route.prefix] = found.get(route.prefix, frozenset()) | route.interfaces
        names = dict(socket.if_nameindex())
    # an interface may go away between the two questions: its routes went with it
    named = {p: frozenset(names[i] for i in set_ if i in names) for p, set_ in found.items()}
    return {prefix: interfaces for prefix, interfaces in named.items() if interfaces}
