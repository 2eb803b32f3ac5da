"""The network as it is now, for the TE engine: IS-IS's link state, and the nodes that report."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from testbed.backbone.link_state import link_state_at
from testbed.engine.joined import whole_network
from testbed.engine.linkstate.state import LinkState
from testbed.engine.network import Network
from testbed.errors import CheckFailed
from testbed.orchestrators.agent_status import agent_status
from testbed.plan.model import LocalSids, Plan
from testbed.providers.members import present


@dataclass(frozen=True)
class Live:
    """`local_sids`: of each cluster node that reports, those it has."""

    network: Network
    local_sids: dict[str, LocalSids]


def live(plan: Plan) -> Live:
    """As a router has it, the injector's first. Raises CheckFailed if no isisd answers."""
    sids = _local_sids(plan)
    return Live(whole_network(plan, _link_state(plan), sids), sids)


def _link_state(plan: Plan) -> LinkState:
    near = [plan.uplink(node.name).peer(node.name).node for node in plan.injectors]
    refused: CheckFailed | None = None
    for router in dict.fromkeys([*near, *(node.name for node in plan.routers)]):
        try:
            return link_state_at(plan, router)
        except CheckFailed as error:
            refused = refused or error
    raise refused or CheckFailed("the lab has no router")


def _local_sids(plan: Plan) -> dict[str, LocalSids]:
    found: dict[str, LocalSids] = {}
    for node in present(plan):
        status = agent_status(node.name)
        sids = status.local_sids if status else None
        if sids and sids.dt4 and sids.dt6:
            found[node.name] = LocalSids(dt4=IPv6Address(sids.dt4), dt6=IPv6Address(sids.dt6))
    return found
