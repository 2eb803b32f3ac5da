"""What pods ask for by annotation, and which pools give to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from testbed.agent.ipam import addresses
from testbed.agent.model import read_objects
from testbed.agent.model.objects import IPPool
from testbed.agent.model.pod_wish import PodMetadata, PodWish, WishRefused, read_wish
from testbed.object_fields.pod_annotations import IP_ADDRS, IPV4_POOLS, IPV6_POOLS
from tests.unit.agent.test_blocks import Cluster, pool
from tests.unit.agent.test_objects import pool as document

DEFAULT = pool("10.0.0.0/24", 28, name="default")
RED = {"team": "red"}


def wish(namespace: Mapping[str, str] = {}, **annotations: str) -> PodWish:
    names = {"addresses": IP_ADDRS, "v4": IPV4_POOLS, "v6": IPV6_POOLS}
    own = {names[key]: value for key, value in annotations.items()}
    return read_wish(PodMetadata(own, namespace, RED))


def test_pods_come_before_their_namespace() -> None:
    shared = {IPV4_POOLS: '["a", "10.0.0.0/8"]', IPV6_POOLS: '["c"]'}
    assert wish(shared).pools == {4: ("a", "10.0.0.0/8"), 6: ("c",)}
    assert wish(shared, v4='["own"]').pools == {4: ("own",), 6: ("c",)}
    found = wish(addresses='["10.0.0.7", "fd00::7"]')
    assert found.addresses == (ip_address("10.0.0.7"), ip_address("fd00::7"))
    assert found.namespace_labels == RED


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.0.0.7", "is not a JSON list of text: 10.0.0.7"),
        ('"10.0.0.7"', "is not a JSON list of text"),
        ("[7]", "is not a JSON list of text"),
        ('["10.0.0.7/32"]', "'10.0.0.7/32' is not an IP address"),
        ('["10.0.0.7", "10.0.0.8"]', "more than one address of a family"),
    ],
)
def test_a_wish_that_cannot_be_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(WishRefused, match=why):
        wish(addresses=text)


def test_addresses_are_no_wish_of_a_namespace() -> None:
    with pytest.raises(WishRefused, match="one of pods, not of namespaces"):
        wish({IP_ADDRS: '["10.0.0.7"]'})
    with pytest.raises(WishRefused, match="use ipAddrs"):
        wish({"cni.projectcalico.org/ipAddrsNoIpam": '["10.0.0.7"]'})


def given(cluster: Cluster, asked: PodWish = PodWish(), family: int = 4) -> str:
    address = cluster.blocks.allocate(family, cluster.used, asked)
    assert address is not None
    cluster.used.add(address)
    return str(address)


def refused(cluster: Cluster, asked: PodWish, family: int = 4) -> str:
    with pytest.raises(WishRefused) as caught:
        cluster.blocks.allocate(family, cluster.used, asked)
    return caught.value.what


@pytest.mark.parametrize(
    "first",
    [
        pool("10.9.0.0/24", 28, name="aaa", workloads=False),
        pool("10.9.0.0/24", 28, name="aaa", manual=True),
        pool("10.9.0.0/24", 28, name="aaa", namespaces="team == 'blue'"),
    ],
    ids=["allowedUses", "assignmentMode", "namespaceSelector"],
)
def test_a_pool_for_others_gives_nothing_to_a_pod_that_asks_for_nothing(first: IPPool) -> None:
    cluster = Cluster(first, DEFAULT)
    assert cluster.blocks.ensure() == []
    for _ in range(20):
        assert ip_address(given(cluster)) in DEFAULT.cidr
    assert not [block for block in cluster.claims if block.overlaps(first.cidr)]
    alone = Cluster(first)
    assert alone.blocks.ensure() == [] and not alone.claims
    assert alone.blocks.allocate(4, ()) is None


def test_a_namespaces_own_pool_comes_first_and_the_others_when_it_is_full() -> None:
    own = pool("10.9.0.0/30", 30, name="red", namespaces="team == 'red'")
    cluster = Cluster(DEFAULT, own)
    cluster.blocks.ensure()
    asked = PodWish(namespace_labels=RED)
    found = [ip_address(given(cluster, asked)) for _ in range(4)]
    assert [address in own.cidr for address in found] == [True, True, True, False]
    assert ip_address(given(cluster, PodWish(namespace_labels={"team": "blue"}))) in DEFAULT.cidr


def test_a_block_of_a_namespaces_pool_goes_back_with_its_last_pod_and_the_default_stays() -> None:
    cluster = Cluster(DEFAULT, pool("10.9.0.0/24", 28, name="red", namespaces="team == 'red'"))
    cluster.blocks.ensure()
    given(cluster, PodWish(namespace_labels=RED))
    cluster.tell()
    cluster.blocks.ensure()
    assert len(cluster.claims) == 2
    cluster.used.clear()
    cluster.blocks.ensure()
    assert [block.subnet_of(DEFAULT.cidr) for block in cluster.claims] == [True]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["manual", "10.9.0.0/24"])
def test_a_named_pool_gives_whatever_its_namespaces_and_mode(name: str) -> None:
    manual = pool("10.9.0.0/24", 28, name="manual", manual=True, namespaces="team == 'blue'")
    asked = PodWish(pools={4: (name,)}, namespace_labels=RED)
    assert ip_address(given(Cluster(DEFAULT, manual), asked)) in manual.cidr


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no-such-pool", "the given IPPool no-such-pool does not exist"),
        ("v6", "has no IPv4"),
        ("sr-policies-pool", "holds SIDs"),
        ("tunnel", "its allowedUses lack Workload"),
        ("off", "is disabled"),
        ("elsewhere", "is not for pods of this node"),
    ],
)
def test_a_pool_that_cannot_be_had_is_refused_with_the_reason(name: str, why: str) -> None:
    cluster = Cluster(
        DEFAULT,
        pool("fd00::/48", 122, "v6"),
        pool("cafe::/118", 122, "sr-policies-pool"),
        pool("10.9.0.0/24", name="tunnel", workloads=False),
        pool("10.8.0.0/24", name="off", disabled=True),
        pool("10.7.0.0/24", name="elsewhere", selector="!all()"),
    )
    assert why in refused(cluster, PodWish(pools={4: (name,)}))
    assert not cluster.used


def test_a_pod_gets_the_address_that_it_asks_for_and_no_other() -> None:
    cluster = Cluster(DEFAULT, pool("fd00::/48", 122, "v6"))
    cluster.blocks.ensure()
    asked = PodWish((ip_address("10.0.0.77"),))
    assert given(cluster, asked) == "10.0.0.77"
    assert ip_network("10.0.0.64/28") in cluster.claims
    assert cluster.blocks.allocate(6, cluster.used, asked) is None
    assert "another pod of this node has" in refused(cluster, asked)
    assert "no IPPool for pods of this node holds" in refused(
        cluster, PodWish((ip_address("10.1.0.1"),))
    )


def test_an_address_of_another_nodes_block_is_refused() -> None:
    cluster = Cluster(DEFAULT)
    other = replace(cluster.blocks._node, name="worker2")
    cluster.claim(ip_network("10.0.0.64/28"), other)
    asked = PodWish((ip_address("10.0.0.77"),))
    assert "is in block 10.0.0.64/28 of another node" in refused(cluster, asked)
    cluster.tell()
    assert refused(cluster, asked).endswith("is in block 10.0.0.64/28 of worker2")


def test_fields_of_a_pool_are_read() -> None:
    spec: dict[str, Any] = {
        "allowedUses": ["Tunnel"],
        "assignmentMode": "Manual",
        "namespaceSelector": "team == 'red'",
        "disableBGPExport": True,
    }
    (plain,) = read_objects.read([("f", document())]).pools
    assert (plain.workloads, plain.manual, plain.namespaces, plain.exported) == (
        True,
        False,
        None,
        True,
    )
    (full,) = read_objects.read([("f", document(**spec))]).pools
    assert (full.workloads, full.manual, full.exported) == (False, True, False)
    assert full.selects_namespace(RED) and not full.selects_namespace({})
    assert addresses.pools_for([full], Cluster().blocks._node, 4) == []
