"""What the SPF demands, compared with what the kernels hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network

RoutesOf = Mapping[IPv4Network | IPv6Network, frozenset[str]]


def difference(demanded: Mapping[str, RoutesOf], seen: Mapping[str, RoutesOf]) -> list[str]:
    """One sentence per prefix that a router lacks or holds over other next hops than demanded.

    Both arguments: router → prefix → outgoing interfaces. Prefixes that nobody demanded are no
    difference. Empty: converged.
    """
    sentences = []
    for router, routes in demanded.items():
        have = seen.get(router, {})
        for prefix, interfaces in routes.items():
            if have.get(prefix) != interfaces:
                sentences.append(_describe_difference(router, prefix, interfaces, have.get(prefix)))
    return sentences


def _describe_difference(
    router: str,
    prefix: IPv4Network | IPv6Network,
    wanted: frozenset[str],
    found: frozenset[str] | None,
) -> str:
    if not found:
        return f"{router}: no route to {prefix} (wanted via {_join_names(wanted)})"
    return f"{router}: {prefix} goes via {_join_names(found)} instead of {_join_names(wanted)}"


def _join_names(interfaces: Iterable[str]) -> str:
    return " and ".join(sorted(interfaces))
