"""The paths of all peers in use: those of their present sessions, and stale ones of lost ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from testbed.bgp.model import ReceivedPath
from testbed.bgp.retention import Retention, Rib, Source
from testbed.bgp.rib_copy import RibCopy
from testbed.bgp.update import Update


class Mirror:
    """A copy of the peers' RIBs that outlives their sessions; times are of one monotonic clock."""

    def __init__(self) -> None:
        self._live = RibCopy()
        self._retention = Retention()

    @property
    def peers(self) -> set[str]:
        """The peers whose present session was read."""
        return self._live.peers

    @property
    def live(self) -> Rib:
        """The paths of the present sessions."""
        return self._live.view()

    def replace(self, source: Source, paths: Iterable[ReceivedPath]) -> None:
        """A peer's paths of one family, as gobgpd has them."""
        self._live.replace(source, paths)

    def apply(self, peer: str, update: Update) -> None:
        """What a peer said since then."""
        self._live.apply(peer, update)

    def lose(self, peer: str, until: float) -> None:
        """A session was lost: its paths are stale, and stay until then."""
        for source, paths in self._live.take(peer).items():
            self._retention.keep(source, paths, until)

    def release(self, source: Source) -> None:
        """Drop the peer's stale paths of this family, after its End-of-RIB."""
        self._retention.release(source)

    def due(self) -> float | None:
        """When the next stale path expires; None if there is none."""
        return self._retention.due()

    def in_use(self, now: float, wanted: Collection[str]) -> Rib:
        """All paths but expired ones, and stale ones of peers that are wanted no more."""
        self._retention.purge(now, wanted)
        return self._retention.beside(self._live.view())
