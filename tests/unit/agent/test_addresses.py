"""Blocks: no two nodes ever own overlapping ones; pods get each address once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Network, ip_network
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.api.directory_source import DirectoryReader, DirectorySource
from testbed.agent.desired import pool_problems
from testbed.agent.ipam import addresses
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.objects import BlockAffinity, IpNetwork, IPPool, Node


def pool(
    cidr: str = "172.16.0.0/16", block: int = 26, name: str = "pods", **more: object
) -> IPPool:
    return IPPool(name, ip_network(cidr), block, **more)  # type: ignore[arg-type]


NODE = Node("n", None, None)


def directory_source(directory: Path) -> DirectorySource:
    return DirectorySource(None, directory)  # type: ignore[arg-type]  # only for register()


def test_candidates_are_reproducible_and_complete() -> None:
    small = pool("172.16.0.0/24", 26)
    first, again = (list(addresses.candidate_blocks(small, "worker1")) for _ in range(2))
    assert first == again
    assert sorted(first) == list(ip_network("172.16.0.0/24").subnets(new_prefix=26))


def test_huge_pools_are_no_trouble() -> None:
    block = next(addresses.candidate_blocks(pool("fdfb:af47:32af::/48", 122), "worker1"))
    assert isinstance(block, IPv6Network)
    assert block.prefixlen == 122 and block.subnet_of(IPv6Network("fdfb:af47:32af::/48"))


def test_racing_nodes_get_different_blocks(tmp_path: Path) -> None:
    tiny, source = pool("10.0.0.0/26", 28), directory_source(tmp_path)  # four blocks

    def claim(number: int) -> IpNetwork | None:
        node = Node(f"node{number}", None, None)
        try:
            return addresses.claim_block(lambda b: source.claim(b, node), tiny, node.name, ())
        except addresses.Exhausted:
            return None

    with ThreadPoolExecutor(8) as executor:
        claimed = list(executor.map(claim, range(8)))
    assert sorted(b for b in claimed if b) == list(ip_network("10.0.0.0/26").subnets(new_prefix=28))
    assert claimed.count(None) == 4
    assert len(DirectoryReader(tmp_path).read().affinities) == 4
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_blocks_of_another_size_are_respected() -> None:
    taken = [ip_network("10.0.0.0/27")]
    block = addresses.claim_block(lambda _: True, pool("10.0.0.0/26", 28), "n", taken)
    assert not block.overlaps(taken[0])


@given(st.lists(st.integers(1, 15), unique=True, max_size=15))
def test_the_lowest_free_address_and_never_the_network(used: list[int]) -> None:
    block = ip_network("10.0.0.0/28")
    picked = addresses.pick_address([block], {block[i] for i in used})
    free = [i for i in range(1, 16) if i not in used]
    assert picked == (block[free[0]] if free else None)


def test_idle_blocks_go_back_unless_they_are_needed() -> None:
    big = pool("10.0.0.0/24", 30)
    one, two, gone = (ip_network(f"10.0.{n}/30") for n in ("0.0", "0.4", "1.0"))
    assert addresses.idle_blocks([one], [big], ()) == []
    assert addresses.idle_blocks([one, two], [big], ()) == [one]  # never both
    assert addresses.idle_blocks([one, two], [big], {one[1]}) == [two]
    assert addresses.idle_blocks([one, two], [big], {one[1], one[2]}) == []  # more than half full
    assert addresses.idle_blocks([one, gone], [big], ()) == [gone]  # of no pool any more
    assert addresses.idle_blocks([one, gone], [big], {gone[1]}) == []


def test_of_overlapping_pools_the_older_counts() -> None:
    a = pool("10.0.0.0/8", name="a", created="2026-01-02T00:00:00Z")
    b = pool("10.1.0.0/16", name="b", created="2026-01-01T00:00:00Z")
    c, d = pool("10.2.0.0/16", name="c", created=a.created), pool("11.0.0.0/16", name="d")
    assert addresses.overlaps([a, b, c, d]) == {a: b}  # c overlaps only what does not count
    assert addresses.pools_for([a, b, c, d], NODE, 4) == [b, c, d]
    assert addresses.overlaps([pool(name="x"), pool(name="y")]) == {pool(name="y"): pool(name="x")}
    sids = pool("fcdd::/64", name="sr-localsids-pool-n")
    assert addresses.pools_for([sids, pool("fcdd::/48", 122, "z")], NODE, 6) == []


def test_problems_of_pools_are_sentences() -> None:
    small = pool("10.0.0.0/25", name="small")
    pods = [
        Attachment(str(n), "eth0", "/n", f"p{n}", f"10.0.0.{n}", None, "c") for n in range(126, 133)
    ]
    (sentence,) = pool_problems.problems([small], pods)
    assert sentence.endswith(
        "p128 has 10.0.0.128, p129 has 10.0.0.129, p130 has 10.0.0.130 and 2 more"
    )
    pools = [pool(name="x"), pool(name="y", overlay="vxlan")]
    unable, overlap = pool_problems.problems(pools, [], lambda p: "no" * (p.overlay == "vxlan"))
    assert overlap.startswith("IPPool y (172.16.0.0/16) overlaps IPPool x")
    assert unable == "IPPool y is not used: no"


def test_owned_blocks_are_those_of_the_node() -> None:
    affinities = [
        BlockAffinity("b", ip_network("10.0.0.0/26")),
        BlockAffinity("a", ip_network("fd00::/122")),
        BlockAffinity("a", ip_network("10.0.1.0/26")),
    ]
    assert list(map(str, addresses.owned_blocks(affinities, "a"))) == ["10.0.1.0/26", "fd00::/122"]


def test_local_sids_are_reproducible_and_inside() -> None:
    space = IPv6Network("fcdd:0:0:11aa::/64")
    sids = {addresses.local_sid(space, "worker1", b) for b in ("dt4", "dt6")}
    assert len(sids) == 2 and all(s in space and s != space[0] for s in sids)
    assert addresses.local_sid(space, "worker1", "dt4") in sids
