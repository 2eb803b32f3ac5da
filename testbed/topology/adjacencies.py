"""SIDs of the adjacencies of routers, as they are read off a topology."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from ipaddress import IPv6Address

from testbed.plan import addressing

Sids = Mapping[str, IPv6Address | None]  # of a port, by its field
NO_SIDS: Sids = {}


class Adjacencies:
    """Numbers the adjacencies of each router, in the order of its links."""

    def __init__(self, numbers: Mapping[str, int], micro: bool) -> None:
        self._numbers, self._micro = numbers, micro
        self._made: Counter[str] = Counter()

    def next(self, router: str) -> Sids:
        """The SIDs of its next adjacency."""
        self._made[router] += 1
        which = self._numbers[router], self._made[router]
        sids: Sids = {"end_x": addressing.adjacency_sid(*which)}
        micro: Sids = {"micro_sid": addressing.adjacency_micro_sid(*which)} if self._micro else {}
        return {**sids, **micro}
