"""The status of a node as its agent reports it, from what it knows and what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from testbed.agent.contract import (
    IsolationStatus,
    LocalSidsStatus,
    NodeStatus,
    PodStatus,
    PolicyStatus,
    SessionStatus,
)
from testbed.agent.desired import sessions
from testbed.agent.desired.candidates import Evaluated
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.netpol.table import Table
from testbed.agent.desired.overlays.registry import usable
from testbed.agent.desired.remembered import MANY
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
        policies=tuple(_policy_status(item, wanted.binding_sids) for item in wanted.evaluated),
        prefixes=wanted.prefixes,
        isolation=_isolation_status(wanted.isolation),
        overlays=usable(inputs.capabilities.tunnels),
        notes=inputs.capabilities.notes,
    )


def _policy_status(item: Evaluated, binding_sids: Mapping[Evaluated, str]) -> PolicyStatus:
    state = binding_sids.get(item, "") if item.entry.candidate.binding_sid else ""
    return _with_state(item, state) if state else item.status


@lru_cache(maxsize=MANY)
def _with_state(item: Evaluated, state: str) -> PolicyStatus:
    """The same object as long as nothing changes, as its text is known."""
    return replace(item.status, binding_sid_state=state)


def _session_status(peer: PeerStatus, names: Mapping[str, str]) -> SessionStatus:
    """A BGP session; `names` has names by address."""
    return SessionStatus(
        peer=names.get(peer.address, peer.address),
        address=peer.address,
        state=peer.state.capitalize(),
        reason=peer.reason,
        received=peer.received,
    )


def _isolation_status(table: Table) -> IsolationStatus:
    policies = {chain.policy for chain in table.policies.values()}
    return IsolationStatus(len(table.interfaces), len(policies), table.number_of_rules)


def _pod_status(attachment: Attachment) -> PodStatus:
    return PodStatus(
        id=attachment.container,
        name=attachment.name,
        ipv4=attachment.ipv4,
        ipv6=attachment.ipv6,
        interface=attachment.host_interface,
    )
