"""Blocks: no two nodes ever own overlapping ones; pods get each address once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Network, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent import ipam
from testbed.agent.blocks import Blocks
from testbed.agent.objects import BlockAffinity, IPPool, Node, Objects
from testbed.agent.source_directory import DirectoryReader


def pool(
    cidr: str = "172.16.0.0/16", block: int = 26, name: str = "pods", **more: object
) -> IPPool:
    return IPPool(name, ip_network(cidr), block, **more)  # type: ignore[arg-type]


NODE = Node("worker1", None, None)


def test_candidates_are_reproducible_and_complete() -> None:
    small = pool("172.16.0.0/24", 26)
    first, again = (list(ipam.candidate_blocks(small, "worker1")) for _ in range(2))
    assert first == again
    assert sorted(first) == list(ip_network("172.16.0.0/24").subnets(new_prefix=26))


def test_huge_pools_are_no_trouble() -> None:
    block = next(ipam.candidate_blocks(pool("fdfb:af47:32af::/48", 122), "worker1"))
    assert block.prefixlen == 122 and block.subnet_of(ip_network("fdfb:af47:32af::/48"))


def test_racing_nodes_get_different_blocks(tmp_path: Path) -> None:
    tiny = pool("10.0.0.0/26", 28)  # four blocks

    def claim(number: int) -> object:
        try:
            return ipam.claim_block(tmp_path, tiny, f"node{number}", ())
        except ipam.Exhausted:
            return None

    with ThreadPoolExecutor(8) as executor:
        claimed = list(executor.map(claim, range(8)))
    assert sorted(b for b in claimed if b) == list(ip_network("10.0.0.0/26").subnets(new_prefix=28))
    assert claimed.count(None) == 4
    assert len(DirectoryReader(tmp_path).read().affinities) == 4
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_blocks_of_another_size_are_respected(tmp_path: Path) -> None:
    taken = [ip_network("10.0.0.0/27")]
    block = ipam.claim_block(tmp_path, pool("10.0.0.0/26", 28), "n", taken)
    assert not block.overlaps(taken[0])


@given(st.lists(st.integers(1, 15), unique=True, max_size=15))
def test_the_lowest_free_address_and_never_the_network(used: list[int]) -> None:
    block = ip_network("10.0.0.0/28")
    picked = ipam.pick_address([block], {block[i] for i in used})
    free = [i for i in range(1, 16) if i not in used]
    assert picked == (block[free[0]] if free else None)


def test_more_blocks_are_claimed_when_one_is_full(tmp_path: Path) -> None:
    blocks = Blocks(tmp_path, "worker1")
    objects = Objects(pools=(pool("10.0.0.0/28", 30),))
    used: list[object] = []
    for _ in range(12):  # four blocks of three addresses
        used.append(blocks.allocate(objects, NODE, 4, used))  # type: ignore[arg-type]
    assert len(set(used)) == 12
    assert not {ip_address(f"10.0.0.{n}") for n in (0, 4, 8, 12)} & set(used)
    with pytest.raises(ipam.Exhausted, match="pool pods has no free block"):
        blocks.allocate(objects, NODE, 4, used)  # type: ignore[arg-type]


def test_a_first_block_per_family_is_claimed_once(tmp_path: Path) -> None:
    pools = (pool(), pool("fd00::/48", 122, "v6"), pool("cafe::/118", 122, "sr-policies-pool"))
    blocks = Blocks(tmp_path, "worker1")
    assert blocks.ensure(Objects(pools=pools), NODE) == []
    assert blocks.ensure(Objects(pools=pools), NODE) == []
    assert [b.version for b in blocks.owned(Objects(pools=pools))] == [4, 6]
    back = Objects(pools=pools, affinities=DirectoryReader(tmp_path).read().affinities)
    assert Blocks(tmp_path, "worker1").ensure(back, NODE) == []  # after a restart
    assert len(list(tmp_path.iterdir())) == 2


def test_disabled_foreign_and_legacy_pools_give_nothing(tmp_path: Path) -> None:
    pools = (
        pool(name="a", disabled=True),
        pool(name="b", selector="kubernetes.io/hostname == 'other'"),
        pool(name="c", overlay="vxlan"),
        pool(name="sr-localsids-pool-worker1"),
    )
    assert Blocks(tmp_path, "worker1").allocate(Objects(pools=pools), NODE, 4, ()) is None


def test_an_unwritable_directory_is_a_sentence(tmp_path: Path) -> None:
    problems = Blocks(tmp_path / "absent", "n").ensure(Objects(pools=(pool(),)), NODE)
    assert "cannot create" in problems[0]


def test_owned_blocks_are_those_of_the_node() -> None:
    affinities = [
        BlockAffinity("b", ip_network("10.0.0.0/26")),
        BlockAffinity("a", ip_network("fd00::/122")),
        BlockAffinity("a", ip_network("10.0.1.0/26")),
    ]
    assert list(map(str, ipam.owned_blocks(affinities, "a"))) == ["10.0.1.0/26", "fd00::/122"]


def test_local_sids_are_reproducible_and_inside() -> None:
    space = IPv6Network("fcdd:0:0:11aa::/64")
    sids = {ipam.local_sid(space, "worker1", b) for b in ("dt4", "dt6")}
    assert len(sids) == 2 and all(s in space and s != space[0] for s in sids)
    assert ipam.local_sid(space, "worker1", "dt4") in sids
