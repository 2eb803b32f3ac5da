"""Computes the changes that bring a gobgpd to the desired state; pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from testbed.bgp import attributes, guard
from testbed.bgp.errors import PathMalformed
from testbed.bgp.model import Announcement, BgpPeer, DesiredBgp, Family, GlobalConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from testbed.bgp.model import ReceivedPath
    from testbed.bgp.translate import AdoptedPeer

PathKey = tuple[Family, bytes]
_ANYWHERE = {"0.0.0.0", "::"}


@dataclass
class Applied:
    """The state that gobgpd is known to hold; a peer of None is configured in an unwanted way."""

    identity: GlobalConfig | None = None
    peers: dict[str, BgpPeer | None] = field(default_factory=dict)
    paths: dict[PathKey, Announcement] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """Steps towards the desired state; a path that replaces another is only in `add_paths`."""

    add_paths: tuple[Announcement, ...] = ()
    delete_paths: tuple[Announcement, ...] = ()
    delete_peers: tuple[str, ...] = ()
    add_peers: tuple[tuple[str, BgpPeer], ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The part of a desired state that may be sent to gobgpd, and why the rest may not."""

    peers: Mapping[str, BgpPeer]
    paths: Mapping[PathKey, Announcement]
    refused: tuple[str, ...]


def accept(desired: DesiredBgp, known: Mapping[PathKey, Announcement]) -> Accepted:
    """Check every announcement (those in `known` were checked before) and find duplicates."""
    kept = {a.key: a for a in desired.announcements if known.get(a.key) == a}
    others = [a for a in desired.announcements if kept.get(a.key) != a]
    if any(a.key in kept for a in others):  # announced twice: then the order decides
        kept, others = {}, list(desired.announcements)
    paths: dict[PathKey, Announcement] = kept
    refused = []
    for announcement in sorted(others, key=_sort_key):
        if announcement.key in paths:
            refused.append(
                f"{_format_announcement(announcement)}: announced twice with different attributes"
            )
            continue
        try:
            if known.get(announcement.key) != announcement:
                guard.check_announcement(announcement)
        except PathMalformed as error:
            refused.append(f"{_format_announcement(announcement)}: {error.what}")
        else:
            paths[announcement.key] = announcement
    peers: dict[str, BgpPeer] = {}
    for peer in sorted(desired.peers, key=lambda peer: (peer.address, repr(peer))):
        address = str(ipaddress.ip_address(peer.address))
        if address in peers:
            refused.append(f"peer {address}: configured twice")
            continue
        peers[address] = peer
    return Accepted(peers, paths, tuple(refused))


def changes(applied: Applied, wanted: Accepted) -> Changes:
    """The difference, in the order to apply it; correct state is left alone.

    New paths come before withdraws, so that no destination is without a path in between.
    """
    return Changes(
        add_paths=tuple(
            path for key, path in wanted.paths.items() if applied.paths.get(key) != path
        ),
        delete_paths=tuple(path for key, path in applied.paths.items() if key not in wanted.paths),
        delete_peers=tuple(
            address
            for address, peer in applied.peers.items()
            if peer is None or wanted.peers.get(address) != peer
        ),
        add_peers=tuple(
            (address, peer)
            for address, peer in wanted.peers.items()
            if applied.peers.get(address) != peer
        ),
    )


def same_identity(running: GlobalConfig, wanted: GlobalConfig) -> bool:
    """True when a running gobgpd can serve as the wanted one; no addresses means all."""
    return (running.asn, running.router_id, running.listen_port) == (
        wanted.asn,
        wanted.router_id,
        wanted.listen_port,
    ) and _listen_addresses(running) == _listen_addresses(wanted)


def adopted_peers(
    found: Iterable[AdoptedPeer], wanted: Mapping[str, BgpPeer]
) -> dict[str, BgpPeer | None]:
    """Which configured sessions are the wanted ones, so that a new driver does not cut them."""
    result: dict[str, BgpPeer | None] = {}
    for peer in found:
        candidate = wanted.get(peer.address)
        result[peer.address] = candidate if candidate and _is_as_wanted(peer, candidate) else None
    return result


def adopted_paths(own: Iterable[ReceivedPath]) -> dict[PathKey, Announcement]:
    """Our paths that an earlier driver left in gobgpd.

    Attributes that are not exactly the wanted ones are replaced with the wanted ones, and for a
    path that has to go they only have to be harmless: listed bytes are never sent back.
    """
    harmless = ipaddress.IPv6Address("100::")
    result = {}
    for path in own:
        attrs = path.attrs
        try:
            guard.check_announcement(Announcement(path.family, path.nlri, attrs))
        except PathMalformed:
            reach = attributes.encode_mp_reach(path.family, harmless, path.nlri)
            attrs = attributes.basic() + reach
        result[path.family, path.nlri] = Announcement(path.family, path.nlri, attrs)
    return result


def _is_as_wanted(found: AdoptedPeer, wanted: BgpPeer) -> bool:
    return (
        found.asn == wanted.asn
        and found.passive == wanted.passive
        and found.port == wanted.port
        and found.hold_time == wanted.hold_time
        and found.restart_time == wanted.restart_time
        and found.families == frozenset(wanted.families)
        and _same_address(found.local_address, wanted.local_address)
    )


def _same_address(found: str, wanted: str | None) -> bool:
    if wanted is None:
        return found in ("", *_ANYWHERE)
    return found == str(ipaddress.ip_address(wanted))


def _listen_addresses(identity: GlobalConfig) -> set[str]:
    given = {str(ipaddress.ip_address(text)) for text in identity.listen_addresses}
    return given or _ANYWHERE


def _sort_key(announcement: Announcement) -> tuple[object, ...]:
    return announcement.family.value, announcement.nlri, announcement.attrs


def _format_announcement(announcement: Announcement) -> str:
    return f"{announcement.family.name} {announcement.nlri.hex()}"
