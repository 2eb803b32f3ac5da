"""Routes to what is on this node: its blocks, its pods, its SIDs."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from testbed.agent.desired.forwarding import Forwarding
from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.model.objects import IpNetwork


def routes_of_blocks(blocks: Iterable[IpNetwork]) -> list[Route]:
    """An own block ends here: an address of it that no pod has goes nowhere."""
    return [Route(str(block), refusal="blackhole") for block in blocks]


def routes_of_pods(inputs: Inputs) -> list[Route]:
    """A host route per pod address, by the pod's interface."""
    return [
        Route(
            str(ip_network(address)),
            (Hop(pod.host_interface),),
            source=inputs.source_address(address.version),
        )
        for pod in inputs.attachments
        for address in pod.addresses
    ]


def routes_of_sids(inputs: Inputs, forwarding: Forwarding, own: tuple[OwnSid, ...]) -> list[Route]:
    """Decapsulation at own and replaced SIDs, where the kernel can do it."""
    if not inputs.capabilities.seg6local:
        return []
    both = (*inputs.replaced_sids, *own)
    return [route for item in both for route in forwarding.decapsulate(str(item.sid), item.family)]
