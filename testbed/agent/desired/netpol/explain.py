"""Walks a node's table with one connection, as the kernel does, and says why it ends as it does."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.agent.desired.netpol.table import Addresses, Allow, PodPorts, Ranges, Table
from testbed.agent.model.network_policy import EGRESS, INGRESS
from testbed.agent.model.objects import IpAddress


@dataclass(frozen=True)
class Connection:
    """Who begins it and whom it reaches, after address translation at Services."""

    source: IpAddress
    destination: IpAddress
    protocol: str
    port: int


@dataclass(frozen=True)
class Verdict:
    """`because`: the part of a policy that allows it, or the policies none of which does."""

    allowed: bool
    direction: str
    because: tuple[str, ...] = ()


def judge(table: Table, interface: str, direction: str, asked: Connection) -> Verdict:
    """What the chain of the pod at this interface does with the connection."""
    pod = table.pod_chain(interface, direction)
    if pod is None:
        return Verdict(True, direction)
    chains = [table.policies[name] for name in pod.policies]
    for chain in chains:
        for allow in chain.allows:
            if _holds(table, allow, direction, asked):
                return Verdict(True, direction, (f"{allow.says} of {chain.policy}",))
    return Verdict(False, direction, tuple(chain.policy for chain in chains))


def _holds(table: Table, allow: Allow, direction: str, asked: Connection) -> bool:
    far = {INGRESS: asked.source, EGRESS: asked.destination}[direction]
    return (
        _is_in(table, allow.peers, far, 0)
        and allow.protocol in ("", asked.protocol)
        and (allow.ports is None or allow.ports[0] <= asked.port <= allow.ports[1])
        and _is_in(table, allow.pod_ports, asked.destination, asked.port)
    )


def _is_in(table: Table, name: str, address: IpAddress, port: int) -> bool:
    """Does the set of this name hold it? What is not asked for is held."""
    if not name:
        return True
    found = table.sets[name]
    if isinstance(found, Addresses):
        return address in found.members
    if isinstance(found, PodPorts):
        return (address, port) in found.members
    assert isinstance(found, Ranges)
    return any(address in network for network in found.networks)
