"""Translates gobgpd's messages to the testbed's types; what peers sent is untrusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.bgp import schema
from testbed.bgp.model import Family, PeerStatus
from testbed.bgp.schema import Proto

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class PeerChanged:
    """A session entered a state (also sent once per session when a watch begins)."""

    peer: str
    state: str


@dataclass(frozen=True)
class EndOfRib:
    """A peer has sent all paths that it has of a family (RFC 4724); what follows are changes."""

    peer: str
    family: Family


WatchEvent = PeerChanged | EndOfRib


@dataclass(frozen=True)
class AdoptedPeer:
    """A configured session, as far as gobgpd tells: enough to see whether it is the wanted one."""

    address: str
    asn: int
    local_address: str
    passive: bool
    port: int
    hold_time: int
    restart_time: int
    families: frozenset[Family]


def events(reply: Proto) -> Iterator[WatchEvent]:
    """One message of the watch stream as events; families that we do not use are left out."""
    if reply.HasField("peer"):
        state = reply.peer.peer.state
        if state.neighbor_address:  # the end of the initial list names no peer
            yield PeerChanged(state.neighbor_address, state_name(state.session_state))
    for path in reply.table.paths:
        family = family_of(path.family)
        if family is not None and source(path):
            yield EndOfRib(source(path), family)


def source(path: Proto) -> str:
    """The peer's address, empty for a path of our own (GoBGP prints those in several ways)."""
    address: str = path.neighbor_ip
    return "" if address in ("", "<nil>", "invalid IP", "0.0.0.0", "::") else address


def family_of(family: Proto) -> Family | None:
    """Our family for gobgpd's, None for one that we do not use."""
    try:
        return Family((family.afi, family.safi))
    except ValueError:
        return None


def state_name(number: int) -> str:
    """The session state's name (RFC 4271 §8.2.2), UNKNOWN for a number from the future."""
    known = schema.SESSION_STATES
    return known[number] if 0 <= number < len(known) else known[0]


def peer_status(peer: Proto) -> PeerStatus:
    """State, reason and counts of one listed session."""
    reasons, number = schema.DISCONNECT_REASONS, peer.state.disconnect_reason
    reason = reasons[number] if 0 <= number < len(reasons) else f"reason {number}"
    detail = peer.state.disconnect_message
    return PeerStatus(
        address=peer.conf.neighbor_address,
        asn=peer.conf.peer_asn,
        state=state_name(peer.state.session_state),
        reason=f"{reason}: {detail}" if detail else reason,
        received=sum(family.state.received for family in peer.afi_safis),
    )


def adopted_peer(peer: Proto) -> AdoptedPeer:
    """Configuration of one listed session."""
    families = (family_of(entry.config.family) for entry in peer.afi_safis)
    return AdoptedPeer(
        address=peer.conf.neighbor_address,
        asn=peer.conf.peer_asn,
        local_address=peer.transport.local_address,
        passive=peer.transport.passive_mode,
        port=peer.transport.remote_port,
        hold_time=peer.timers.config.hold_time,
        restart_time=peer.graceful_restart.restart_time,
        families=frozenset(family for family in families if family),
    )
