"""Claims this node's blocks in the API, and gives out its pods' addresses from them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from ipaddress import ip_network
from typing import Protocol

from testbed.agent.ipam import addresses, pool_choice
from testbed.agent.model.objects import IpAddress, IpNetwork, IPPool, Node, Objects
from testbed.agent.model.pod_wish import PodWish, WishRefused
from testbed.errors import TestbedError
from testbed.host.coalescing_worker import one_line

FAMILIES = (4, 6)


class BlockClaims(Protocol):
    """Where claims of blocks are recorded. Safe for use by several threads."""

    def claim(self, block: IpNetwork, node: Node) -> bool:
        """Record this node as the block's owner; False if another node is. Raises TestbedError."""

    def release(self, block: IpNetwork, node: Node) -> None:
        """Give back a block of this node. Raises TestbedError."""


class Blocks:
    """Claims blocks for one node. Safe for use by several threads.

    `used` gives the addresses of this node's pods. Whoever gives out an address holds `lock` until
    `used` knows of it; the API may be slow meanwhile, so that reconciling never takes it.
    `on_exhaustion` is called when a pod gets no address, so that ensure() can say so. `usable`:
    can this node serve pods of a pool?
    """

    def __init__(
        self,
        claims: BlockClaims,
        node: Node,
        used: Callable[[], Iterable[IpAddress]],
        on_exhaustion: Callable[[], None] = lambda: None,
        usable: Callable[[IPPool], bool] = lambda _: True,
    ) -> None:
        self.lock = threading.RLock()
        self._claims, self._used, self._on_exhaustion = claims, used, on_exhaustion
        self._usable = usable
        self._state_lock = threading.Lock()
        self._objects, self._node = Objects(complete=False), node
        self._fresh: set[IpNetwork] = set()  # claimed by us, not yet come back from the source
        self._leaving: set[IpNetwork] = set()  # given back, not yet gone from the source
        self._once: set[IpNetwork] = set()  # everything that was ever ours
        self._exhausted: dict[int, str] = {}

    def update(self, objects: Objects, node: Node) -> None:
        """This is how the API looks now; never called with an older state than before."""
        with self._state_lock:
            self._objects, self._node = objects, node
            seen = set(self._claimed_blocks())
            self._fresh -= seen
            self._leaving &= seen
            self._once |= seen

    def _claimed_blocks(self) -> list[IpNetwork]:
        return addresses.owned_blocks(self._objects.affinities, self._node.name)

    def owned(self) -> list[IpNetwork]:
        """All blocks of this node, whatever became of their pools."""
        with self._state_lock:
            kept = [block for block in self._claimed_blocks() if block not in self._leaving]
            return kept + sorted(self._fresh, key=str)

    def ensure(self) -> list[str]:
        """Bring the claims in order; returns what did not work.

        Each family has a block before any pod comes, every pod's block is ours, and what nobody
        needs goes back.
        """
        problems: list[str] = []
        with self.lock:
            if not self._objects.complete:
                return []
            for family in FAMILIES:
                self._collect_problem(problems, lambda f=family: self._ensure_family(f))  # type: ignore[misc]
            self._collect_problem(problems, self._adopt_claims)
            for address in self._used():
                self._collect_problem(problems, lambda a=address: self._keep_block_of(a))  # type: ignore[misc]
            if not problems:
                self._collect_problem(problems, self._release_idle)
        return list(dict.fromkeys(problems))

    def _collect_problem(self, problems: list[str], action: Callable[[], None]) -> None:
        try:
            action()
        except TestbedError as error:
            problems.append(one_line(error))

    def allocate(
        self, family: int, used: Iterable[IpAddress], wish: PodWish = PodWish()
    ) -> IpAddress | None:
        """An address for a pod; None if no pool of that family is for it.

        Claims another block when those at hand are full. Raises Exhausted when it cannot,
        WishRefused if the pod cannot have what it asks for.
        """
        if wish.addresses:
            asked = next((a for a in wish.addresses if a.version == family), None)
            return self._take_address(asked, used) if asked else None
        try:
            return self._allocate_address(family, used, wish)
        except addresses.Exhausted:
            self._on_exhaustion()
            raise

    def _allocate_address(
        self, family: int, used: Iterable[IpAddress], wish: PodWish
    ) -> IpAddress | None:
        """From the first group of pools that has one."""
        refusals, in_use = [], set(used)
        with self.lock:
            offered = self._offered_pools(family)
            groups = pool_choice.in_turn(wish, family, offered, self._objects.pools)
            for pools in groups:
                try:
                    return self._allocate_from(family, pools, in_use)
                except addresses.Exhausted as error:
                    refusals.append(error.what)
        if refusals:
            raise addresses.Exhausted("; ".join(refusals))
        return None

    def _allocate_from(
        self, family: int, pools: list[IPPool], in_use: Collection[IpAddress]
    ) -> IpAddress:
        free = addresses.pick_address(addresses.blocks_of(pools, self.owned()), in_use)
        if free is None:
            free = addresses.pick_address([self._claim_block(family, pools)], in_use)
        if free is None:
            raise addresses.Exhausted(f"the new block has no address for IPv{family} pods")
        return free

    def _take_address(self, address: IpAddress, used: Iterable[IpAddress]) -> IpAddress:
        """The very address that a pod asks for, in a block that is or becomes this node's."""
        with self.lock:
            pool = pool_choice.holding(address, self._offered_pools(address.version))
            if address in set(used):
                raise WishRefused(f"another pod of this node has the given address {address}")
            if any(address in block for block in self.owned()):
                return address
            block = ip_network((address, pool.block_size), strict=False)
            owner = next((a for a in self._objects.affinities if address in a.cidr), None)
            if owner is None and self._make_claim(block):
                return address
        whose = f"block {owner.cidr} of {owner.node}" if owner else f"block {block} of another node"
        raise WishRefused(f"the given address {address} is in {whose}")

    def _offered_pools(self, family: int) -> list[IPPool]:
        """What some pod of this node can have addresses from."""
        return addresses.pools_for(self._objects.pools, self._node, family, self._usable)

    def _pools_for(self, family: int) -> list[IPPool]:
        """What every pod of this node can have addresses from."""
        return pool_choice.for_everybody(self._offered_pools(family))

    def _ensure_family(self, family: int) -> None:
        pools = self._pools_for(family)
        blocks = addresses.blocks_of(pools, self.owned())
        if (
            family in self._exhausted
            and addresses.pick_address(blocks, set(self._used())) is not None
        ):
            del self._exhausted[family]
        if pools and (not blocks or family in self._exhausted):
            self._claim_block(family, pools)

    def _claim_block(self, family: int, pools: list[IPPool]) -> IpNetwork:
        """One more block from the first pool that still has one."""
        with self._state_lock:
            taken = {a.cidr for a in self._objects.affinities} | self._fresh
        refusals = []
        for pool in pools:
            try:
                block = addresses.claim_block(self._make_claim, pool, self._node.name, taken)
            except addresses.Exhausted as error:
                refusals.append(error.what)
                continue
            self._exhausted.pop(family, None)
            return block
        self._exhausted[family] = "; ".join(refusals)
        raise addresses.Exhausted(self._exhausted[family])

    def _make_claim(self, block: IpNetwork) -> bool:
        if not self._claims.claim(block, self._node):
            return False
        with self._state_lock:
            self._once.add(block)
            self._leaving.discard(block)
            if block not in self._claimed_blocks():
                self._fresh.add(block)
        return True

    def _adopt_claims(self) -> None:
        """A node that was deleted and came back takes over its earlier self's claims in time."""
        for affinity in self._objects.affinities:
            mine = affinity.node == self._node.name and affinity.cidr not in self._leaving
            if mine and self._node.uid and affinity.owner != self._node.uid:
                self._make_claim(affinity.cidr)

    def _keep_block_of(self, address: IpAddress) -> None:
        """The claim of a pod's block may be gone (somebody deleted it): take it again."""
        if any(address in block for block in self.owned()):
            return
        block = self._block_of(address)
        if block is not None and not self._make_claim(block):
            what = f"{address} belongs to a pod of this node, but its block {block} to another node"
            raise TestbedError(what)

    def _block_of(self, address: IpAddress) -> IpNetwork | None:
        blocks = [block for block in self._once if address in block]
        pools = [p for p in self._objects.pools if p.for_pods and address in p.cidr]
        blocks += [ip_network((address, p.block_size), strict=False) for p in pools]
        return blocks[0] if blocks else None

    def _release_idle(self) -> None:
        used = set(self._used())
        for block in addresses.idle_blocks(self.owned(), self._pools_for_all(), used):
            self._claims.release(block, self._node)
            with self._state_lock:
                if block in self._claimed_blocks():
                    self._leaving.add(block)
                self._fresh.discard(block)
                self._once.discard(block)

    def _pools_for_all(self) -> list[IPPool]:
        return [pool for family in FAMILIES for pool in self._pools_for(family)]
