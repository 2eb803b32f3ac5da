"""Rules for the addresses of interfaces and loopbacks, and for the other end of a link."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface

from testbed.object_fields.reserved import Network, conflict

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface

_TRIED = 32  # low addresses of a subnet that are tried for the other end
_THIS_NETWORK = IPv4Network("0.0.0.0/8")


def address_fault(address: Address) -> str:
    """Why no node can have this address; empty if it can."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return "it is an IPv4-mapped address (RFC 4291 §2.5.5.2)"
    if address.is_unspecified:
        return "it is the unspecified address"
    if address.is_loopback:
        return "it is a loopback address of every node"
    if address.is_multicast:
        return "it is a multicast address"
    if address.is_link_local:
        return "it is a link-local address, which is not routed; interfaces have one of their own"
    if isinstance(address, IPv4Address) and (address.is_reserved or address in _THIS_NETWORK):
        return "it is a reserved address (RFC 6890)"
    return ""


def network_fault(network: Network) -> str:
    """Why pods or SIDs cannot have this network; empty if they can."""
    special = conflict(network, ())
    return address_fault(network.network_address) or (f"it overlaps {special}" if special else "")


def interface_fault(interface: Interface) -> str:
    """Why no end of a link can have this address and prefix length; empty if it can."""
    fault = address_fault(interface.ip)
    if fault:
        return fault
    network = interface.network
    spare = network.max_prefixlen - network.prefixlen
    if spare == 0:
        return "it has no subnet: give its prefix length, such as " + (
            "/64" if interface.version == 6 else "/24"
        )
    if spare == 1:  # /31 and /127 have two addresses and nothing else (RFC 3021, RFC 6164)
        return ""
    if interface.ip == network.network_address:
        anycast = interface.version == 6
        return f"it is the subnet's {'anycast ' if anycast else ''}address, not a node's"
    if interface.version == 4 and interface.ip == network.broadcast_address:
        return "it is the broadcast address of its subnet"
    return ""


def other_end(interface: Interface, preferred: int, taken: Collection[Address]) -> Interface | None:
    """An address for the other end of the link: number `preferred` of the subnet, or a low one.

    None if the subnet has none that is not in `taken`.
    """
    for candidate in _low_addresses(interface, preferred):
        if candidate.ip not in taken and not interface_fault(candidate):
            return candidate
    return None


def _low_addresses(interface: Interface, preferred: int) -> Iterator[Interface]:
    network = interface.network
    first, size = int(network.network_address), network.num_addresses
    for number in (preferred, *range(min(size, _TRIED))):
        if number < size:
            yield type(interface)((first + number, network.prefixlen))
