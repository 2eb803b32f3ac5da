"""A copy of what peers have announced in their present sessions, kept by what each message says."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.bgp.model import ReceivedPath
from testbed.bgp.retention import Rib, Source
from testbed.bgp.update import Update


class RibCopy:
    """The paths of each peer and family, by NLRI. Not safe for use by several threads.

    A path that is announced again unchanged stays the same object, and so does the tuple of a
    source of which nothing has changed: comparing two copies is cheap.
    """

    def __init__(self) -> None:
        self._paths: dict[Source, dict[bytes, ReceivedPath]] = {}
        self._views: Rib = {}

    @property
    def peers(self) -> set[str]:
        """The peers of which anything was read."""
        return {peer for peer, _ in self._paths}

    def replace(self, source: Source, paths: Iterable[ReceivedPath]) -> None:
        """All of a source, as it was read."""
        known, fresh = self._paths.get(source), {path.nlri: path for path in paths}
        if known == fresh:
            return
        order = dict.fromkeys([*(known or ()), *fresh])
        before = known or {}
        self._paths[source] = {
            nlri: before[nlri] if before.get(nlri) == fresh[nlri] else fresh[nlri]
            for nlri in order
            if nlri in fresh
        }
        self._views.pop(source, None)

    def apply(self, peer: str, update: Update) -> None:
        """What a peer said after it was read; of one that was not read, nothing is known."""
        for family, nlri in update.withdrawn:
            if self._paths.get((peer, family), {}).pop(nlri, None):
                self._views.pop((peer, family), None)
        for one in update.announced:
            source = peer, one.family
            known = self._paths.get(source)
            path = ReceivedPath(peer, one.family, one.nlri, one.attrs)
            if known is not None and known.get(one.nlri) != path:
                known[one.nlri] = path
                self._views.pop(source, None)

    def take(self, peer: str) -> Rib:
        """Forget a peer; returns what it had announced."""
        gone = {source: view for source, view in self.view().items() if source[0] == peer}
        for source in gone:
            del self._paths[source], self._views[source]
        return gone

    def view(self) -> Rib:
        """The whole copy."""
        for source in self._paths.keys() - self._views.keys():
            self._views[source] = tuple(self._paths[source].values())
        return dict(self._views)
