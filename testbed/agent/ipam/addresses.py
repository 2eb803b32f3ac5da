"""Computes which blocks of a pool are this node's, and which address a pod gets. Pure.

Who owns a block is recorded in the API as BlockAffinity objects, one per block and named after it:
the object's appearance is the claim, and of one name only one can appear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from ipaddress import IPv6Address, IPv6Network, ip_network

from testbed.agent.model.objects import (
    BlockAffinity,
    IpAddress,
    IpNetwork,
    IPPool,
    Node,
    owner_reference,
)
from testbed.errors import TestbedError

_MAX_TRIES = 1 << 16  # blocks looked at before a pool counts as exhausted


class Exhausted(TestbedError):
    """No free block or address is left; more may come later."""


def pools_for(
    pools: Iterable[IPPool],
    node: Node,
    family: int,
    usable: Callable[[IPPool], bool] = lambda _: True,
) -> list[IPPool]:
    """The pools of one family that pods of this node can have addresses from, by name.

    `usable`: can this node serve pods of a pool at all?
    """
    pools = list(pools)
    refused = overlaps(pools)
    chosen = (
        p
        for p in pools
        if p.for_pods and p.workloads and p.family == family and p not in refused and usable(p)
    )
    return sorted(
        (p for p in chosen if not p.disabled and p.selects(node.label_map)), key=lambda p: p.name
    )


def overlaps(pools: Iterable[IPPool]) -> dict[IPPool, IPPool]:
    """Pools of which a part belongs to an older pool, with that pool; whatever they are for."""
    accepted: list[IPPool] = []
    refused: dict[IPPool, IPPool] = {}
    for pool in sorted(pools, key=lambda p: (p.created, p.name)):
        older = next((p for p in accepted if _do_overlap(p.cidr, pool.cidr)), None)
        if older is None:
            accepted.append(pool)
        else:
            refused[pool] = older
    return refused


def _do_overlap(one: IpNetwork, other: IpNetwork) -> bool:
    return one.version == other.version and one.overlaps(other)


def owned_blocks(affinities: Iterable[BlockAffinity], node: str) -> list[IpNetwork]:
    """This node's blocks in a stable order: IPv4 first, then by address."""
    blocks = [a.cidr for a in affinities if a.node == node]
    return sorted(blocks, key=lambda b: (b.version, b.network_address, b.prefixlen))


def candidate_blocks(pool: IPPool, node: str) -> Iterator[IpNetwork]:
    """The pool's blocks in the order in which a node tries them, starting at its name's hash.

    Different nodes start at different places, so they rarely race, and a lab that is built
    again hands out the same blocks.
    """
    bits = pool.block_size - pool.cidr.prefixlen
    count = 1 << bits
    start = int.from_bytes(hashlib.sha256(f"{node} {pool.cidr}".encode()).digest(), "big") % count
    size = pool.cidr.max_prefixlen - pool.block_size
    base = int(pool.cidr.network_address)
    for step in range(min(count, _MAX_TRIES)):
        address = type(pool.cidr.network_address)(base + (((start + step) % count) << size))
        yield ip_network((address, pool.block_size))


def claim_block(
    claim: Callable[[IpNetwork], bool], pool: IPPool, node: str, taken: Collection[IpNetwork]
) -> IpNetwork:
    """Claim one more block of the pool for a node; raises Exhausted, or what `claim` raises.

    `claim` makes a block ours, or says False if somebody was first.
    """
    same, others = set(taken), [t for t in taken if t.prefixlen != pool.block_size]
    for block in candidate_blocks(pool, node):
        if block in same or any(_do_overlap(block, other) for other in others):
            continue
        if claim(block):
            return block
    raise Exhausted(f"pool {pool.name} has no free block of /{pool.block_size} left")


def affinity_name(block: IpNetwork) -> str:
    """Name of the object that claims a block: one per block, whoever claims it."""
    return str(block).replace(":", "-").replace("/", "-")


def affinity(block: IpNetwork, node: Node) -> dict[str, object]:
    """The claim as an object; where nodes have a uid, it goes away with its node."""
    metadata: dict[str, object] = {"name": affinity_name(block)}
    if node.uid:
        metadata["ownerReferences"] = [owner_reference(node)]
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "BlockAffinity",
        "metadata": metadata,
        # Calico's definition of the type asks for "deleted" too, as text
        "spec": {"node": node.name, "cidr": str(block), "state": "confirmed", "deleted": "false"},
    }


def pick_address(blocks: Iterable[IpNetwork], used: Collection[IpAddress]) -> IpAddress | None:
    """The lowest free address, never a block's network address; None when all are in use."""
    for block in blocks:
        width = block.max_prefixlen - block.prefixlen
        for offset in range(1 if width else 0, 1 << width):
            address = block.network_address + offset
            if address not in used:
                return address
    return None


def blocks_of(pools: Iterable[IPPool], owned: Iterable[IpNetwork]) -> list[IpNetwork]:
    """Those of a node's blocks that lie inside one of these pools."""
    cidrs = [p.cidr for p in pools]
    return [b for b in owned if any(_is_inside(b, cidr) for cidr in cidrs)]


def _is_inside(inner: IpNetwork, outer: IpNetwork) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def idle_blocks(
    owned: Iterable[IpNetwork], pools: Iterable[IPPool], used: Collection[IpAddress]
) -> list[IpNetwork]:
    """Blocks without pods that can go back: of no pool of ours, or more than are needed.

    A block is kept until another one of its family has half of its addresses free, so that a
    single pod that comes and goes does not make blocks come and go.
    """
    usable = blocks_of(pools, owned := list(owned))
    idle = []
    for block in owned:
        if any(address in block for address in used):
            continue
        others = [b for b in usable if b != block and b not in idle and b.version == block.version]
        if block not in usable or any(_is_half_free(other, used) for other in others):
            idle.append(block)
    return idle


def _is_half_free(block: IpNetwork, used: Collection[IpAddress]) -> bool:
    return 2 * sum(address in block for address in used) <= block.num_addresses - 1


def local_sid(pool: IPv6Network, node: str, behaviour: str) -> IPv6Address:
    """A SID of a node's pool, the same one whenever it is asked for; never the pool's first."""
    space = pool.num_addresses - 1
    digest = hashlib.sha256(f"{node} {behaviour}".encode()).digest()
    return pool.network_address + 1 + int.from_bytes(digest, "big") % max(space, 1)
