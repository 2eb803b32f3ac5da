"""Keeps the paths of a lost session for its restart time (RFC 4724), so that traffic continues.

When a session ends unasked, its paths stay in use as stale ones. A new path of the same NLRI takes
a stale one's place; the peer's End-of-RIB removes those that it did not send again; and after the
restart time the rest goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbed.bgp.model import Family, ReceivedPath

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Source = tuple[str, Family]
Rib = dict[Source, tuple[ReceivedPath, ...]]


class Retention:
    """The stale paths of one gobgpd's peers; times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._stale: dict[Source, dict[bytes, tuple[ReceivedPath, float]]] = {}

    def keep(self, source: Source, paths: Iterable[ReceivedPath], until: float) -> None:
        """Keep the paths of a lost session; those that are stale already get no more time."""
        stale = self._stale.setdefault(source, {})
        stale.update({path.nlri: (path, until) for path in paths})

    def release(self, source: Source) -> None:
        """Drop the peer's stale paths of this family, after its End-of-RIB."""
        self._stale.pop(source, None)

    def purge(self, now: float, wanted: Collection[str]) -> None:
        """Drop expired paths, and all paths of peers that are no longer wanted."""
        self._stale = {
            source: {nlri: kept for nlri, kept in stale.items() if kept[1] > now}
            for source, stale in self._stale.items()
            if source[0] in wanted
        }

    def due(self) -> float | None:
        """When the next path expires; None if there is none."""
        times = (until for stale in self._stale.values() for _, until in stale.values())
        return min(times, default=None)

    def beside(self, live: Mapping[Source, tuple[ReceivedPath, ...]]) -> Rib:
        """All paths in use: those that peers announce, and stale ones that were not replaced."""
        rib = dict(live)
        for source, stale in self._stale.items():
            fresh = rib.get(source, ())
            replaced = {path.nlri for path in fresh}
            left = tuple(path for nlri, (path, _) in stale.items() if nlri not in replaced)
            rib[source] = (*fresh, *left)
        return rib
