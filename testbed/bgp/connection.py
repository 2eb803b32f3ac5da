"""Tracks what one gobgpd process holds, and applies changes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbed.bgp import reconcile
from testbed.bgp.errors import GobgpError, GobgpUnavailable
from testbed.bgp.model import Family
from testbed.bgp.station import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from testbed.bgp.client import GobgpClient
    from testbed.bgp.model import DesiredBgp, ReceivedPath
    from testbed.bgp.station import Station


class Connection:
    """The client of one gobgpd process, and the state that this process is known to hold."""

    def __init__(self, client: GobgpClient, station: Station) -> None:
        self.client = client
        self._station = station
        self.applied = reconcile.Applied()
        self._adopted = False

    def apply(self, desired: DesiredBgp) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Apply the difference; returns (all faults, those worth a retry)."""
        wanted = reconcile.accept(desired, self.applied.paths)
        retry: list[str] = []
        if not self._start_or_match_identity(desired, retry):
            return (*wanted.refused, *retry), tuple(retry)
        if not self._adopted:
            self._adopt_state(wanted)
        steps = reconcile.changes(self.applied, wanted)
        for path in steps.add_paths:
            if _try_call(retry, self.client.add_path, path):
                self.applied.paths[path.key] = path
        for path in steps.delete_paths:
            if _try_call(retry, self.client.delete_path, path):
                del self.applied.paths[path.key]
        for address in steps.delete_peers:
            if _try_call(retry, self.client.delete_peer, address):
                del self.applied.peers[address]
        for address, peer in steps.add_peers:
            if address not in self.applied.peers and _try_call(retry, self.client.add_peer, peer):
                self.applied.peers[address] = peer
        return (*wanted.refused, *retry), tuple(retry)

    def _start_or_match_identity(self, desired: DesiredBgp, faults: list[str]) -> bool:
        """StartBgp once; a gobgpd with another identity has to be restarted by its supervisor."""
        if self.applied.identity is None:
            self.applied.identity = self.client.get_bgp()
        if self.applied.identity is None:
            if not _try_call(faults, self.client.start_bgp, desired.identity):
                return False
            self.applied.identity = desired.identity
        if not reconcile.same_identity(self.applied.identity, desired.identity):
            running = self.applied.identity
            faults.append(
                f"gobgpd runs as AS {running.asn}, router id {running.router_id}, "
                f"port {running.listen_port}; it must be restarted to change that"
            )
            return False
        return True

    def _adopt_state(self, wanted: reconcile.Accepted) -> None:
        """Adopt the state that an earlier driver left, so that our restart interrupts nothing."""
        self.client.report_to(HOST, self._station.port)  # gobgpd refuses it before StartBgp
        found = self.client.configured_peers()
        self.applied.peers = reconcile.adopted_peers(found, wanted.peers)
        own = [path for family in Family for path in self.client.list_own_paths(family)]
        self.applied.paths = reconcile.adopted_paths(own)
        self._adopted = True

    def forget_peer(self, address: str) -> None:
        """Remove a session that was lost, so that the next `apply` makes it anew.

        GoBGP leaves a lost session idle for 5 s, whatever is configured, and refuses the peer's
        connections meanwhile; a new one tries at once.
        """
        ignored: list[str] = []
        if self.applied.peers.get(address) and _try_call(ignored, self.client.delete_peer, address):
            del self.applied.peers[address]

    def received(self, family: Family, peer: str) -> tuple[ReceivedPath, ...]:
        """A peer's paths; none when the peer was removed meanwhile."""
        try:
            return tuple(self.client.list_paths(family, peer))
        except GobgpUnavailable:
            raise
        except GobgpError:
            return ()


def _try_call(faults: list[str], action: Callable[..., None], argument: object) -> bool:
    """True if gobgpd accepts the call; a refusal becomes a fault. Raises GobgpUnavailable."""
    try:
        action(argument)
    except GobgpUnavailable:
        raise
    except GobgpError as error:
        faults.append(str(error).replace("\n  why:", ":"))
        return False
    return True
