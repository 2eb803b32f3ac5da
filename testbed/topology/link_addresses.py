"""Chooses the addresses of every link's two ends: those given, else free ones of the scheme."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from itertools import chain
from typing import TypeVar

from testbed.plan import addressing
from testbed.plan.address_rules import Interface, interface_fault, other_end
from testbed.plan.model import Role
from testbed.plan.subnets import Subnets

Ends = tuple[list[Interface], list[Interface]]  # of a link's first and second end
_Pairs = Iterable[tuple[Interface, Interface]]
_T = TypeVar("_T")
FAMILIES = (6, 4)
_TRIED = 4096  # addresses of a LAN that are tried on either side of its first member's


class LinkAddresses:
    """Gives out addresses in the order of the links.

    What the file gives is used as it is. A family given at one end only is completed in the same
    subnet at the other. IPv6 is never missing; IPv4 is automatic between routers, and at nodes
    that are given no address at all and whose scheme has one. No automatic subnet overlaps one
    of `taken`.
    """

    def __init__(self, taken: Subnets) -> None:
        self._taken = taken
        self._index = 0
        self._further = addressing.further_links_v4()
        self._hosts_of: dict[int, int] = {}

    def between_routers(self, numbers: tuple[int, int], given: Ends) -> Ends:
        """The addresses of the next link between the routers of these numbers."""
        self._index += 1
        return self._complete(
            given,
            (addressing.ROUTER_END, addressing.HOST_END),
            {
                6: self._unless_taken(addressing.LINKS_V6, addressing.links_v6(*numbers)),
                4: chain(addressing.link_v4(self._index), self._further),
            },
        )

    def access(self, router: int, host: str, role: Role, index: int, given: Ends) -> Ends:
        """The addresses of the router's end and of the host's, for the next host of a router."""
        position = self._hosts_of[router] = self._hosts_of.get(router, 0) + 1
        own: dict[int, Iterable[Interface]] = {6: addressing.hosts_v6(host, router, position)}
        facing = addressing.ROUTER_END
        if role is Role.CLUSTER:
            own = {6: addressing.cluster_v6(index), 4: addressing.cluster_v4(index)}
            facing = addressing.CLUSTER_ROUTER_END
        elif role is Role.INJECTOR:
            injectors = self._unless_taken(addressing.INJECTORS_V6, addressing.injectors_v6())
            own = {6: injectors, 4: addressing.injectors_v4()}
        if any(given):
            own.pop(4, None)
        own[6] = self._unless_taken(addressing.ACCESS_V6, own[6])
        automatic = {family: _facing(each, facing[family]) for family, each in own.items()}
        return self._complete(given, (facing, addressing.HOST_END), automatic)

    def lan(
        self, router: int, facing: Sequence[Interface], members: Sequence[Member]
    ) -> tuple[list[Interface], list[list[Interface]]]:
        """The addresses of a router on a LAN, given or not, and of each on it, in all its subnets.

        Automatic ones follow those of the first member.
        """
        first = members[0]
        given = [address for member in members for address in member.given]
        own, others = self.access(
            router, first.name, first.role, first.index, (list(facing), given)
        )
        taken = {address.ip for address in (*own, *others)}
        free = [address for address in others if address not in given]
        found = []
        for member in members:
            has = list(member.given)
            for subnet in {address.network: address for address in own}.values():
                if all(address.network != subnet.network for address in has):
                    has += _take(free, subnet) or _next(others, subnet, taken)
            found.append(has)
        return own, found

    def _complete(
        self,
        given: Ends,
        numbers: tuple[Mapping[int, int], Mapping[int, int]],
        automatic: Mapping[int, _Pairs],
    ) -> Ends:
        first: list[Interface] = []
        second: list[Interface] = []
        for family in FAMILIES:
            one, other = ([x for x in end if x.version == family] for end in given)
            if one and other:
                one, other = _shared_first(one, other), _shared_first(other, one)
            elif one:
                other = _facing_each(one, numbers[1][family])
            elif other:
                one = _facing_each(other, numbers[0][family])
            else:
                one, other = self._first_free(automatic.get(family, ()))
            first += one
            second += other
        return first, second

    def _unless_taken(self, part: IPv6Network, addresses: Iterable[_T]) -> Iterable[_T]:
        """These addresses, of this part of the scheme; none of thousands if all of it is taken."""
        return () if self._taken.hold(part) else addresses

    def _first_free(self, pairs: _Pairs) -> Ends:
        for one, other in pairs:
            if not self._taken.overlap(one.network):
                self._taken.add(one.network)
                return [one], [other]
        return [], []


@dataclass(frozen=True)
class Member:
    """A host or cluster node on a LAN: its position among its role, and what the file gives it."""

    name: str
    role: Role
    index: int
    given: Sequence[Interface]


def _take(free: list[Interface], subnet: Interface) -> list[Interface]:
    """The address of `free` in this one's subnet, which is free no more."""
    for address in free:
        if address.network == subnet.network:
            free.remove(address)
            return [address]
    return []


def _next(
    others: Sequence[Interface], subnet: Interface, taken: set[IPv4Address | IPv6Address]
) -> list[Interface]:
    """A free address after the first of `others` in this subnet, or before it; none if it is full.

    `taken` gets it.
    """
    first = next((address for address in others if address.network == subnet.network), None)
    if first is None:  # what the file gives there has nothing in common: a problem of its own
        return []
    for step in range(1, min(first.network.num_addresses, _TRIED)):
        for number in (int(first.ip) + step, int(first.ip) - step):
            if not _is_inside(number, first):
                continue
            address = type(first)((number, first.network.prefixlen))
            if address.ip not in taken and not interface_fault(address):
                taken.add(address.ip)
                return [address]
    return []


def _is_inside(number: int, interface: Interface) -> bool:
    network = interface.network
    return int(network.network_address) <= number <= int(network.broadcast_address)


def _facing(own: Iterable[Interface], number: int) -> Iterator[tuple[Interface, Interface]]:
    """The router's address and the host's."""
    for address in own:
        facing = other_end(address, number, {address.ip})
        if facing is not None:
            yield facing, address


def _facing_each(given: Sequence[Interface], number: int) -> list[Interface]:
    """One address for the other end in every subnet of these addresses that has a free one."""
    taken = {address.ip for address in given}
    found = []
    for one_of_subnet in {address.network: address for address in given}.values():
        address = other_end(one_of_subnet, number, taken)
        if address is not None:
            taken.add(address.ip)
            found.append(address)
    return found


def _shared_first(own: Sequence[Interface], other: Sequence[Interface]) -> list[Interface]:
    """One end's addresses, beginning with those in a subnet of the other end: neighbours use it."""
    subnets = [address.network for address in other if address.network in {x.network for x in own}]
    return sorted(
        own, key=lambda x: subnets.index(x.network) if x.network in subnets else len(subnets)
    )
