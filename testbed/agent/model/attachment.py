"""One attached pod interface as a value, and the constants that its wiring always has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import ip_address

from testbed.agent.model.objects import IpAddress

GATEWAY_V4, GATEWAY_V6 = "169.254.1.1", "fe80::ecee:eeff:feee:eeee"
HOST_PREFIX = "cali"  # of the names of all nodes' ends
HOST_MAC = "ee:ee:ee:ee:ee:ee"  # its EUI-64 link-local address is GATEWAY_V6


@dataclass(frozen=True, order=True)
class Attachment:
    """One pod interface: its container, its addresses, and the veth end on the node.

    `namespace`: of the pod's object; empty if it is none.
    """

    container: str
    interface: str
    netns: str
    name: str
    ipv4: str | None
    ipv6: str | None
    host_interface: str
    namespace: str = ""

    @property
    def addresses(self) -> list[IpAddress]:
        """The pod's addresses, IPv4 first."""
        return [ip_address(a) for a in (self.ipv4, self.ipv6) if a]


def host_interface(container: str, interface: str) -> str:
    """Name of the node's end: 15 characters, the same for the same pod interface."""
    return HOST_PREFIX + hashlib.sha256(f"{container} {interface}".encode()).hexdigest()[:11]
