"""Reading Kubernetes-shaped objects: the paper's are understood, bad ones become sentences."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.model import objects, read_objects


def read(*documents: Any) -> objects.Objects:
    return read_objects.read([("file.yaml", d) for d in documents])


def pool(name: str = "pool", **spec: Any) -> dict[str, Any]:
    spec = {"cidr": "172.16.0.0/16", **spec}
    return {"kind": "IPPool", "metadata": {"name": name}, "spec": spec}


def test_pool_roles_come_from_names() -> None:
    found = read(
        pool(nodeSelector="all()", natOutgoing=True),
        pool("sr-policies-pool", cidr="cafe::/118", nodeSelector="!all()"),
        pool("sr-localsids-pool-worker1", cidr="fcdd:0:0:11AA::/64"),
    )
    assert [(p.name, p.for_pods) for p in found.pools] == [
        ("pool", True),
        ("sr-localsids-pool-worker1", False),
        ("sr-policies-pool", False),
    ]
    assert found.pools[0].nat_outgoing and found.pools[0].block_size == 26
    assert not found.problems


def test_a_hostname_selector_needs_no_label() -> None:
    found = read(
        pool(nodeSelector="kubernetes.io/hostname == 'w1'"),
        {"kind": "Node", "metadata": {"name": "w1"}},
    )
    assert found.pools[0].selects(found.nodes[0].label_map)


def test_legacy_overlays_are_seen() -> None:
    found = read(pool("a", ipipMode="Always"), pool("b", vxlanMode="CrossSubnet"))
    assert [p.overlay for p in found.pools] == ["ipip", "vxlan"]


def test_a_pool_without_encapsulation_is_routed() -> None:
    words = {"ipipMode": "Never", "vxlanMode": "Never"}
    found = read(pool("a", **words, encapsulation="None"), pool("b", **words))
    assert [p.overlay for p in found.pools] == ["routed", "srv6"] and not found.problems


def test_node_addresses_by_family() -> None:
    addresses = [
        {"type": "Hostname", "address": "w1"},
        {"type": "InternalIP", "address": "192.168.11.254"},
        {"type": "InternalIP", "address": "fd11::1000"},
    ]
    found = read({"kind": "Node", "metadata": {"name": "w1"}, "status": {"addresses": addresses}})
    assert str(found.nodes[0].v4) == "192.168.11.254"
    assert found.nodes[0].v6 == IPv6Address("fd11::1000")


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("fd00::2", "fd00::2", 179),
        ("[fd00::2]:1179", "fd00::2", 1179),
        ("10.0.0.1:180", "10.0.0.1", 180),
    ],
)
def test_peer_addresses(text: str, address: str, port: int) -> None:
    found = read({"kind": "BGPPeer", "metadata": {"name": "p"}, "spec": {"peerIP": text}})
    assert (str(found.peers[0].peer_ip), found.peers[0].port) == (address, port)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (pool(cidr="172.16.0.1/16"), "has host bits set"),
        (pool(blockSize=99), "blockSize '99' is not a number"),
        (pool(blockSize=8), "larger than the pool"),
        (pool(natOutgoing="yes"), "natOutgoing is true or false"),
        (pool(nodeSelector="what?"), "selector"),
        (pool(ipipMode="Sometimes"), "ipipMode"),
        (pool(encapsulation="VXLAN"), "encapsulation 'VXLAN' is not None"),
        (pool(encapsulation="None", vxlanMode="Always"), "vxlanMode cannot both"),
        ({"kind": "IPPool", "metadata": {"name": "x"}}, "field 'spec' is missing"),
        ({"kind": "BGPPeer", "metadata": {"name": "x"}, "spec": {"peerIP": "me"}}, "me"),
        ({"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": 1}}, "data.a is not text"),
        ("just text", "not a Kubernetes object"),
    ],
)
def test_bad_objects_become_problems(document: Any, sentence: str) -> None:
    found = read(document, pool("good"))
    assert [p.name for p in found.pools] == ["good"]
    assert len(found.problems) == 1 and sentence in found.problems[0]
    assert found.problems[0].startswith("file.yaml: ")


def test_other_kinds_are_passed_over() -> None:
    assert read({"kind": "Secret", "metadata": {"name": "p"}}, None) == objects.Objects()


def test_lists_are_unpacked() -> None:
    assert len(read({"kind": "List", "items": [pool("a"), pool("b")]}).pools) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "kind",
                    "metadata",
                    "name",
                    "spec",
                    "cidr",
                    "data",
                    "status",
                    "addresses",
                    "items",
                    "peerIP",
                    "blockSize",
                    "labels",
                    "nodeSelector",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(read_objects._READERS)), JSON, JSON, JSON)
def test_nothing_in_a_document_can_raise(kind: str, spec: Any, status: Any, other: Any) -> None:
    read(
        {
            "kind": kind,
            "metadata": {"name": "n", "labels": other},
            "spec": spec,
            "data": spec,
            "status": status,
        },
        other,
    )


def test_null_and_an_empty_selector_are_as_if_not_there() -> None:
    spec = {"cidr": "172.16.0.0/16", "blockSize": None, "natOutgoing": None, "nodeSelector": None}
    peer = {"peerIP": "fd00::1", "nodeSelector": ""}
    found = read_objects.read(
        [
            ("a", {"kind": "IPPool", "metadata": {"name": "p"}, "spec": spec}),
            ("b", {"kind": "BGPPeer", "metadata": {"name": "q"}, "spec": peer}),
        ]
    )
    assert found.problems == ()
    assert [(p.block_size, p.nat_outgoing, p.selector) for p in found.pools] == [
        (26, False, "all()")
    ]
    assert [p.selector for p in found.peers] == [None]
