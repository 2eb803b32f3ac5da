"""The network as it is now, for the TE engine: IS-IS's link state, and what nodes report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from testbed.agent.contract import BGP, NodeStatus
from testbed.backbone.link_state import link_state_at
from testbed.engine.joined import whole_network
from testbed.engine.linkstate.state import LinkState
from testbed.engine.network import Network
from testbed.errors import CheckFailed
from testbed.orchestrators.agent_status import agent_status
from testbed.plan.model import LocalSids, Plan
from testbed.providers.members import present
from testbed.srpolicy.model import SRPolicy

Lists = tuple[tuple[str, ...], ...]
Received = Mapping[SRPolicy, Lists]


@dataclass(frozen=True)
class Live:
    """Of each cluster node that reports: `local_sids`, those it has; `received`, the valid policies
    that BGP has brought it, with their segment lists; `statuses`, all that it says."""

    network: Network
    local_sids: dict[str, LocalSids]
    received: Mapping[str, Received] = field(default_factory=dict)
    statuses: Mapping[str, NodeStatus] = field(default_factory=dict)


def live(plan: Plan) -> Live:
    """As a router has it, the injector's first. Raises CheckFailed if no isisd answers."""
    statuses = [status for node in present(plan) if (status := agent_status(node.name))]
    sids = {status.node: found for status in statuses if (found := _local_sids(status))}
    received = {status.node: _received(status) for status in statuses}
    by_node = {status.node: status for status in statuses}
    return Live(whole_network(plan, _link_state(plan), sids), sids, received, by_node)


def _link_state(plan: Plan) -> LinkState:
    near = [plan.uplink(node.name).peer(node.name).node for node in plan.injectors]
    refused: CheckFailed | None = None
    for router in dict.fromkeys([*near, *(node.name for node in plan.routers)]):
        try:
            return link_state_at(plan, router)
        except CheckFailed as error:
            refused = refused or error
    raise refused or CheckFailed("the lab has no router")


def _local_sids(status: NodeStatus) -> LocalSids | None:
    sids = status.local_sids
    if not sids.dt4 or not sids.dt6:
        return None
    return LocalSids(dt4=IPv6Address(sids.dt4), dt6=IPv6Address(sids.dt6))


def _received(status: NodeStatus) -> Received:
    return {
        SRPolicy(one.distinguisher, one.color, IPv6Address(one.endpoint)): tuple(
            found.segments for found in one.segment_lists
        )
        for one in status.policies
        if one.source == BGP and one.valid
    }
