"""The status of a node as its agent reports it, from what it knows and what it wants."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.agent.contract import LocalSidsStatus, NodeStatus, PodStatus, SessionStatus
from testbed.agent.desired import sessions
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.overlays.registry import usable
from testbed.agent.desired.wanted import Wanted
from testbed.agent.model.attachment import Attachment
from testbed.bgp.model import PeerStatus


def node_status(inputs: Inputs, wanted: Wanted) -> NodeStatus:
    """All but what only the process knows: ready, generation and the problems."""
    names = sessions.names(inputs.config, inputs.objects)
    own = {sid.family: str(sid.sid) for sid in wanted.own_sids}
    replaced = tuple(str(sid.sid) for sid in inputs.replaced_sids)
    return NodeStatus(
        node=inputs.config.node,
        te_mode=wanted.te_mode,
        blocks=tuple(str(block) for block in inputs.blocks),
        local_sids=LocalSidsStatus(own.get(4), own.get(6), replaced),
        sessions=tuple(_session_status(peer, names) for peer in inputs.peers),
        pods=tuple(_pod_status(attachment) for attachment in inputs.attachments),
        policies=tuple(item.status for item in wanted.evaluated),
        prefixes=wanted.prefixes,
        overlays=usable(inputs.capabilities.tunnels),
        notes=inputs.capabilities.notes,
    )


def _session_status(peer: PeerStatus, names: Mapping[str, str]) -> SessionStatus:
    """A BGP session; `names` has names by address."""
    return SessionStatus(
        peer=names.get(peer.address, peer.address),
        address=peer.address,
        state=peer.state.capitalize(),
        reason=peer.reason,
        received=peer.received,
    )


def _pod_status(attachment: Attachment) -> PodStatus:
    return PodStatus(
        id=attachment.container,
        name=attachment.name,
        ipv4=attachment.ipv4,
        ipv6=attachment.ipv6,
        interface=attachment.host_interface,
    )
