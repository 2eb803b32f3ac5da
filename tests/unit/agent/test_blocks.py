"""A node's blocks over time: claimed when needed, kept while pods use them, then given back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from testbed.agent.api.directory_source import DirectoryReader, DirectorySource
from testbed.agent.ipam import addresses
from testbed.agent.ipam.blocks import Blocks
from testbed.agent.model.objects import BlockAffinity, IpAddress, IpNetwork, IPPool, Node, Objects
from testbed.errors import TestbedError

NODE = Node("worker1", None, None, uid="u1")


def pool(
    cidr: str = "172.16.0.0/16", block: int = 26, name: str = "pods", **more: object
) -> IPPool:
    return IPPool(name, ip_network(cidr), block, **more)  # type: ignore[arg-type]


class Cluster:
    """Claims in memory; `tell` lets the node see them, as a watch would."""

    def __init__(self, *pools: IPPool) -> None:
        self.pools = pools
        self.claims: dict[IpNetwork, BlockAffinity] = {}
        self.used: set[IpAddress] = set()
        self.away = False
        self.asked = 0
        self.blocks = Blocks(
            self,
            NODE,
            lambda: self.used,
            usable=lambda one: one.overlay != "ipip",
        )
        self.tell()

    def tell(self, node: Node = NODE) -> None:
        affinities = tuple(self.claims.values())
        self.blocks.update(Objects(self.pools, (node,), affinities=affinities), node)

    def claim(self, block: IpNetwork, node: Node) -> bool:
        self.asked += 1
        if self.away:
            raise TestbedError("API server does not answer")
        mine = BlockAffinity(node.name, block, node.uid)
        if self.claims.setdefault(block, mine).node != node.name:
            return False
        self.claims[block] = mine
        return True

    def release(self, block: IpNetwork, _node: Node) -> None:
        del self.claims[block]

    def attach(self, family: int = 4) -> IpAddress:
        with self.blocks.lock:
            address = self.blocks.allocate(family, self.used)
            assert address is not None
            self.used.add(address)
        return address


def test_a_first_block_per_family_is_claimed_once() -> None:
    pools = (pool(), pool("fd00::/48", 122, "v6"), pool("cafe::/118", 122, "sr-policies-pool"))
    cluster = Cluster(*pools)
    for _ in range(2):
        assert cluster.blocks.ensure() == []
        cluster.tell()
    assert [b.version for b in cluster.blocks.owned()] == [4, 6]
    assert cluster.asked == 2


def test_more_blocks_are_claimed_when_one_is_full_and_go_back() -> None:
    cluster = Cluster(pool("10.0.0.0/28", 30))  # four blocks of three addresses
    used = [cluster.attach() for _ in range(12)]
    assert len(set(used)) == 12
    assert not {ip_address(f"10.0.0.{n}") for n in (0, 4, 8, 12)} & set(used)
    with pytest.raises(addresses.Exhausted, match="pool pods has no free block"):
        cluster.attach()
    cluster.tell()
    assert cluster.blocks.ensure() == ["pool pods has no free block of /30 left"]
    cluster.used.clear()
    assert cluster.blocks.ensure() == []
    assert len(cluster.claims) == 1 and cluster.blocks.owned() == list(cluster.claims)
    cluster.tell()
    assert cluster.blocks.owned() == list(cluster.claims)


def test_a_pool_that_grows_ends_the_exhaustion() -> None:
    cluster = Cluster(pool("10.0.0.0/30", 30))
    for _ in range(3):
        cluster.attach()
    with pytest.raises(addresses.Exhausted):
        cluster.attach()
    cluster.pools = (pool("10.0.0.0/29", 30),)
    cluster.tell()
    assert cluster.blocks.ensure() == []
    cluster.attach()


def test_twenty_pods_at_once_get_different_addresses() -> None:
    cluster = Cluster(pool("10.0.0.0/26", 29), pool("fd00::/120", 125, "v6"))
    with ThreadPoolExecutor(20) as executor:
        v4 = list(executor.map(lambda _: cluster.attach(4), range(20)))
        v6 = list(executor.map(lambda _: cluster.attach(6), range(20)))
    assert len(set(v4)) == len(set(v6)) == 20


def test_nothing_is_claimed_before_everything_is_known() -> None:
    cluster = Cluster(pool())
    cluster.blocks.update(Objects(complete=False, pools=(pool(),)), NODE)
    assert cluster.blocks.ensure() == [] and cluster.asked == 0


def test_a_deleted_pool_keeps_its_pods_and_takes_no_new_ones() -> None:
    old, new = pool("10.0.0.0/24", name="old"), pool("10.1.0.0/24", name="new")
    cluster = Cluster(old)
    address = cluster.attach()
    cluster.pools = (new,)
    cluster.tell()
    assert cluster.blocks.ensure() == []
    assert any(address in block for block in cluster.blocks.owned())
    assert cluster.attach() in new.cidr
    cluster.used.remove(address)
    assert cluster.blocks.ensure() == []
    assert [b for b in cluster.claims if b.subnet_of(old.cidr)] == []  # type: ignore[arg-type]


@pytest.mark.parametrize("cidr", ["10.0.0.0/25", "10.0.0.64/27"])
def test_a_pool_that_shrinks_gives_nothing_outside(cidr: str) -> None:
    cluster = Cluster(pool("10.0.0.0/24"))
    for _ in range(3):
        cluster.attach()
    small = replace(pool(cidr), block_size=28)
    cluster.pools = (small,)
    cluster.tell()
    before = set(cluster.used)
    for _ in range(5):
        cluster.attach()
    assert all(address in small.cidr for address in cluster.used - before)


def test_a_lost_claim_is_taken_again_while_pods_use_it() -> None:
    cluster = Cluster(pool())
    cluster.attach()
    cluster.tell()
    (block,) = cluster.claims
    cluster.claims.clear()
    cluster.tell()
    assert cluster.blocks.owned() == []
    assert cluster.blocks.ensure() == []
    assert list(cluster.claims) == [block] == cluster.blocks.owned()


def test_a_block_that_another_node_took_meanwhile_is_a_problem() -> None:
    cluster = Cluster(pool())
    address = cluster.attach()
    cluster.tell()
    (block,) = cluster.claims
    cluster.claims[block] = BlockAffinity("worker2", block)
    cluster.tell()
    (problem,) = cluster.blocks.ensure()
    assert f"{address} belongs to a pod of this node, but its block {block}" in problem
    assert cluster.attach() not in block


def test_a_node_that_comes_back_takes_over_its_claims() -> None:
    cluster = Cluster(pool())
    cluster.blocks.ensure()
    cluster.tell(replace(NODE, uid="u2"))
    assert cluster.blocks.ensure() == []
    assert [a.owner for a in cluster.claims.values()] == ["u2"]


def test_the_apis_absence_is_a_problem_and_harms_nobody() -> None:
    cluster = Cluster(pool("10.0.0.0/24", 30))
    first = cluster.attach()
    cluster.away = True
    cluster.attach()  # from the block at hand
    cluster.attach()
    with pytest.raises(TestbedError, match="does not answer"):
        cluster.attach()
    assert any(first in block for block in cluster.blocks.owned())


def test_disabled_foreign_and_unusable_pools_give_nothing() -> None:
    cluster = Cluster(
        pool(name="a", disabled=True),
        pool(name="b", selector="kubernetes.io/hostname == 'other'"),
        pool(name="c", overlay="ipip"),
        pool(name="sr-localsids-pool-worker1"),
    )
    assert cluster.blocks.allocate(4, ()) is None


def test_the_directory_keeps_claims_as_files(tmp_path: Path) -> None:
    source = DirectorySource(None, tmp_path)  # type: ignore[arg-type]
    blocks = Blocks(source, NODE, lambda: ())
    blocks.update(Objects(pools=(pool(),)), NODE)
    assert blocks.ensure() == []
    (found,) = DirectoryReader(tmp_path).read().affinities
    assert (found.node, [found.cidr]) == ("worker1", blocks.owned())
    other = replace(NODE, name="worker2")
    assert source.claim(found.cidr, NODE) and not source.claim(found.cidr, other)
    source.release(found.cidr, other)
    assert list(tmp_path.iterdir())
    source.release(found.cidr, NODE)
    assert not list(tmp_path.iterdir())


def test_an_unwritable_directory_is_a_sentence(tmp_path: Path) -> None:
    source = DirectorySource(None, tmp_path / "absent")  # type: ignore[arg-type]
    blocks = Blocks(source, NODE, lambda: ())
    blocks.update(Objects(pools=(pool(),)), NODE)
    assert "cannot create" in blocks.ensure()[0]


def test_a_pod_without_address_is_news() -> None:
    cluster, told = Cluster(pool("10.0.0.0/30", 30)), []
    cluster.blocks = Blocks(cluster, NODE, lambda: cluster.used, lambda: told.append(1))
    cluster.tell()
    for _ in range(3):
        cluster.attach()
    with pytest.raises(addresses.Exhausted):
        cluster.attach()
    assert told == [1]


def test_a_block_that_cannot_be_given_back_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(pool())
    cluster.blocks.ensure()
    cluster.pools = ()
    cluster.tell()
    monkeypatch.setattr(cluster, "release", _refuse)
    assert cluster.blocks.ensure() == ["not now"]
    assert cluster.blocks.owned() == list(cluster.claims)


def test_a_block_may_come_back_before_its_return_is_seen() -> None:
    cluster = Cluster(pool())
    cluster.blocks.ensure()
    cluster.tell()
    before, cluster.pools = cluster.pools, ()
    objects = Objects(affinities=tuple(cluster.claims.values()))
    cluster.blocks.update(objects, NODE)
    assert cluster.blocks.ensure() == [] and cluster.blocks.owned() == []
    cluster.blocks.update(replace(objects, pools=before), NODE)
    assert cluster.blocks.ensure() == []
    cluster.pools = before
    cluster.tell()
    assert cluster.blocks.owned() == list(cluster.claims) != []


def _refuse(_block: IpNetwork, _node: Node) -> None:
    raise TestbedError("not now")
