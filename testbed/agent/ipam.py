"""Address management: which blocks of a pool are this node's, and which address a pod gets.

Who owns a block is recorded in the API directory as BlockAffinity objects, one file per block:
the file's appearance is the claim, and a file can appear only once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv6Address, IPv6Network, ip_network
from pathlib import Path

from testbed.agent.objects import BlockAffinity, IpAddress, IpNetwork, IPPool, Node
from testbed.agent.publish import publish_once
from testbed.errors import TestbedError

_MAX_TRIES = 1 << 16  # blocks looked at before a pool counts as exhausted


class Exhausted(TestbedError):
    """No free block or address is left; more may come later."""


def pools_for(pools: Iterable[IPPool], node: Node, family: int) -> list[IPPool]:
    """The pools of one family that pods of this node take addresses from, by name."""
    chosen = (p for p in pools if p.for_pods and p.family == family and p.overlay == "srv6")
    return sorted(
        (p for p in chosen if not p.disabled and p.selects(node.label_map)), key=lambda p: p.name
    )


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
    directory: Path, pool: IPPool, node: str, taken: Collection[IpNetwork]
) -> IpNetwork:
    """Claim one more block of the pool for a node; raises Exhausted, or TestbedError on I/O."""
    for block in candidate_blocks(pool, node):
        if any(block.version == t.version and block.overlaps(t) for t in taken):
            continue
        if _record_claim(directory, block, node):
            return block
    raise Exhausted(f"pool {pool.name} has no free block of /{pool.block_size} left")


def affinity_file(block: IpNetwork) -> str:
    """Name of the file that claims a block: one per block, whoever claims it."""
    return f"BlockAffinity.{str(block).replace(':', '-').replace('/', '-')}.json"


def _record_claim(directory: Path, block: IpNetwork, node: str) -> bool:
    """Make the claim appear complete and at most once; False if somebody was first."""
    target = directory / affinity_file(block)
    claim = {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "BlockAffinity",
        "metadata": {"name": target.name[len("BlockAffinity.") : -len(".json")]},
        "spec": {"node": node, "cidr": str(block), "state": "confirmed"},
    }
    return publish_once(target, claim) or _owner(target) == node


def _owner(claim: Path) -> str | None:
    try:
        return str(json.loads(claim.read_text())["spec"]["node"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
    return [b for b in owned if any(_inside(b, cidr) for cidr in cidrs)]


def _inside(inner: IpNetwork, outer: IpNetwork) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def local_sid(pool: IPv6Network, node: str, behaviour: str) -> IPv6Address:
    """A SID of a node's pool, the same one whenever it is asked for; never the pool's first."""
    space = pool.num_addresses - 1
    digest = hashlib.sha256(f"{node} {behaviour}".encode()).digest()
    return pool.network_address + 1 + int.from_bytes(digest, "big") % max(space, 1)
