"""Micro SIDs (NEXT-C-SID, RFC 9800): several segments in one address. Pure.

All micro SIDs begin with the 16 bits of one block, the next 16 bits are their own. A container is
an address with the block and up to seven of them. A router that finds its own in front takes it
out and moves the others up; so the destination of a packet is always the rest of its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, IPv6Network

BLOCK = IPv6Network("5f00::/16")  # set aside for SIDs by RFC 9602; with 0 behind it, others of ours
BITS = 16  # of the block, and of each micro SID
MOST = 128 // BITS - 1  # in one container


def micro_sid(number: int) -> IPv6Address:
    """5f00:NUMBER::, from 1 to 0xffff: 0 ends a container."""
    return IPv6Address(int(BLOCK.network_address) | number << 128 - 2 * BITS)


def is_micro_sid(sid: IPv6Address) -> bool:
    """Is it one alone?"""
    return len(_numbers(sid)) == 1


def parts(sid: IPv6Address) -> tuple[IPv6Address, ...]:
    """The micro SIDs of a container in order; any other SID is its only part."""
    return tuple(map(micro_sid, _numbers(sid))) or (sid,)


def expanded(sids: Iterable[IPv6Address]) -> tuple[IPv6Address, ...]:
    """A list of SIDs with the micro SIDs of each container in its place."""
    return tuple(part for sid in sids for part in parts(sid))


def compressed(sids: Iterable[IPv6Address]) -> tuple[IPv6Address, ...]:
    """The fewest addresses that visit these SIDs in order; `expanded` gives the SIDs back.

    Only what stands side by side shares a container, so filling each one is best.
    """
    return tuple(_containers(sids))


def most_segments(addresses: int, last_is_micro: bool) -> int:
    """How many segments fit into so many addresses, where all but the last are micro SIDs."""
    return addresses * MOST if last_is_micro else (addresses - 1) * MOST + 1


def _numbers(sid: IPv6Address) -> tuple[int, ...]:
    """Those of a container; none for what is no container: another block, or a 0 before the end."""
    block, *numbers = (int.from_bytes(sid.packed[i : i + 2], "big") for i in range(0, 16, 2))
    while numbers and not numbers[-1]:
        numbers.pop()
    ours = block == int(BLOCK.network_address) >> 128 - BITS
    return tuple(numbers) if ours and all(numbers) else ()


def _containers(sids: Iterable[IPv6Address]) -> Iterator[IPv6Address]:
    waiting: list[int] = []
    for sid in sids:
        numbers = _numbers(sid)
        if waiting and (not numbers or len(waiting) + len(numbers) > MOST):
            yield _container(waiting)
            waiting = []
        if numbers:
            waiting += numbers
        else:
            yield sid
    if waiting:
        yield _container(waiting)


def _container(numbers: list[int]) -> IPv6Address:
    packed = BLOCK.network_address.packed[:2] + b"".join(n.to_bytes(2, "big") for n in numbers)
    return IPv6Address(packed.ljust(16, b"\0"))
