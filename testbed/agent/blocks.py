"""This node's blocks and its pods' addresses, on top of the claims in the API directory."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from testbed.agent import ipam
from testbed.agent.objects import IpAddress, IpNetwork, IPPool, Node, Objects
from testbed.errors import TestbedError

FAMILIES = (4, 6)


class Blocks:
    """Claims blocks for one node. Safe for use by several threads."""

    def __init__(self, directory: Path, node: str) -> None:
        self._directory = directory
        self._node = node
        self._lock = threading.RLock()
        self._fresh: set[IpNetwork] = set()  # claimed by us, not yet come back from the source

    def owned(self, objects: Objects) -> list[IpNetwork]:
        """All blocks of this node, whatever became of their pools."""
        seen = ipam.owned_blocks(objects.affinities, self._node)
        with self._lock:
            self._fresh -= set(seen)
            return seen + sorted(self._fresh, key=str)

    def ensure(self, objects: Objects, node: Node) -> list[str]:
        """Claim a first block per family, so that it is announced before any pod comes.

        Returns what did not work.
        """
        problems = []
        for family in FAMILIES:
            pools = ipam.pools_for(objects.pools, node, family)
            with self._lock:
                if not pools or ipam.blocks_of(pools, self.owned(objects)):
                    continue
                try:
                    self._claim(objects, pools)
                except TestbedError as error:
                    problems.append(str(error))
        return problems

    def allocate(
        self, objects: Objects, node: Node, family: int, used: Iterable[IpAddress]
    ) -> IpAddress | None:
        """An address for a pod; None if no pool of that family is for this node.

        Claims another block when those at hand are full; raises ipam.Exhausted when it cannot.
        """
        pools = ipam.pools_for(objects.pools, node, family)
        if not pools:
            return None
        in_use = set(used)
        with self._lock:
            blocks = ipam.blocks_of(pools, self.owned(objects))
            free = ipam.pick_address(blocks, in_use)
            if free is None:
                free = ipam.pick_address([self._claim(objects, pools)], in_use)
        if free is None:
            raise ipam.Exhausted(f"the new block has no address for IPv{family} pods")
        return free

    def _claim(self, objects: Objects, pools: list[IPPool]) -> IpNetwork:
        """One more block from the first pool that still has one."""
        taken = {a.cidr for a in objects.affinities} | self._fresh
        refusals = []
        for pool in pools:
            try:
                block = ipam.claim_block(self._directory, pool, self._node, taken)
            except ipam.Exhausted as error:
                refusals.append(error.what)
                continue
            self._fresh.add(block)
            return block
        raise ipam.Exhausted("; ".join(refusals))
