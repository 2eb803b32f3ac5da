"""What of an object is not done is a problem of the node, and is told at the object."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from testbed.agent.desired.decide import decide
from testbed.agent.desired.pool_screen import screen
from testbed.agent.model import read_objects
from testbed.agent.model.objects import IPPool, ObjectRef, Objects
from testbed.object_fields.reserved import Reserved
from tests.unit.agent.decision_inputs import BASE
from tests.unit.agent.test_objects import pool


def read(kind: str, spec: Any, name: str = "x", **metadata: str) -> Objects:
    document = {"kind": kind, "metadata": {"name": name, "uid": "u1", **metadata}, "spec": spec}
    return read_objects.read([(f"{kind} {name}", document)])


@pytest.mark.parametrize(
    ("kind", "name", "spec", "said"),
    [
        ("BGPPeer", "x", {"peerIP": "fd00::1", "keepOriginalNextHop": True}, "keepOriginalNextHop"),
        ("BGPConfiguration", "default", {"listenPort": 1179}, "listenPort 1179 has no effect"),
        ("BGPConfiguration", "node.w1", {"asNumber": 1}, "only the one named default"),
        ("IPPool", "x", {"cidr": "10.0.0.0/8", "vxlanmode": "Always"}, "did you mean vxlanMode?"),
        ("NetworkPolicy", "x", {"podSelector": {}}, "is not enforced"),
        ("IPPool", "x", {"cidr": "10.0.0.0/8", "assignmentMode": "never"}, "assignmentMode"),
        ("IPPool", "x", {"cidr": "10.0.0.0/8", "allowedUses": ["Pods"]}, "allowedUses 'Pods'"),
        ("IPPool", "x", {"cidr": "10.0.0.0/8", "namespaceSelector": "what?"}, "selector"),
    ],
)
def test_what_has_no_effect_is_told_at_its_object(
    kind: str, name: str, spec: dict[str, Any], said: str
) -> None:
    found = read(kind, spec, name)
    assert len(found.problems) == 1 and said in found.problems[0]
    assert found.problems[0].startswith(f"{kind} {name}: ")
    assert [(r.about, r.why) for r in found.reports] == [
        (ObjectRef(kind, name, uid="u1"), found.problems[0])
    ]


@pytest.mark.parametrize(
    "field",
    [{"password": {"secretKeyRef": {"key": "pw"}}}, {"filters": ["f"]}, {"peerSelector": "all()"}],
)
def test_a_peer_that_asks_for_what_cannot_be_is_no_peer(field: dict[str, Any]) -> None:
    found = read("BGPPeer", {"peerIP": "fd00::1", **field})
    assert found.peers == () and "so the object is not used" in found.problems[0]


def test_network_policies_of_two_namespaces_are_two() -> None:
    documents = [
        {"kind": "NetworkPolicy", "metadata": {"name": "x", "namespace": n}, "spec": {}}
        for n in ("a", "b")
    ]
    found = read_objects.read(("api", document) for document in documents)
    assert [r.about.namespace for r in found.reports] == ["a", "b"]
    assert found.problems[0].startswith("api: NetworkPolicy a/x: is not enforced")


def test_lists_of_one_kind_are_unpacked() -> None:
    item = {key: value for key, value in pool("a").items() if key != "kind"}
    found = read_objects.read([("f", {"kind": "IPPoolList", "items": [item]})])
    assert [p.name for p in found.pools] == ["a"]


def test_every_report_becomes_a_warning_at_its_object() -> None:
    clash = IPPool("zz", ip_network("172.16.4.0/24"), 26, created="2030", uid="u2")
    objects = replace(
        BASE.objects,
        pools=(*BASE.objects.pools, clash),
        reports=read("BGPPeer", {}, "p").reports,
    )
    told = [refusal.about for refusal in decide(replace(BASE, objects=objects)).refusals]
    assert told == [ObjectRef("BGPPeer", "p", uid="u1"), ObjectRef("IPPool", "zz", uid="u2")]


ROUTER = Reserved(ip_network("fcff:1::1/128"), "r1's loopback")
SIDS = Reserved(ip_network("fcdd:0:0:11aa::/64"), "SIDs of worker1", sids=True)


@pytest.mark.parametrize(
    ("name", "cidr", "whose"),
    [
        ("p", "fcff::/16", "r1's loopback (fcff:1::1/128)"),
        ("p", "::/0", "r1's loopback (fcff:1::1/128)"),
        ("p", "fcdd::/16", "SIDs of worker1 (fcdd:0:0:11aa::/64)"),
        ("p", "fe80::/64", "link-local addresses (fe80::/10)"),
        ("p", "ff05::/16", "multicast addresses (ff00::/8)"),
        ("sr-localsids-pool-w", "fcff:1::/64", "r1's loopback (fcff:1::1/128)"),
        ("sr-localsids-pool-w", "fcdd:0:0:11aa::/64", None),
        ("sr-policies-pool", "fcdd:0:0:11aa::/64", None),
        ("p", "10.0.0.0/8", None),
    ],
)
def test_a_pool_over_what_belongs_to_others_is_as_if_it_were_not_there(
    name: str, cidr: str, whose: str | None
) -> None:
    one = IPPool(name, ip_network(cidr), 122, uid="u")
    found = screen(Objects(pools=(one,)), (ROUTER, SIDS))
    if whose is None:
        assert found == Objects(pools=(one,))
        return
    assert found.pools == ()
    assert found.problems == (f"IPPool {name} ({cidr}) overlaps {whose}: it is not used",)
    assert found.reports[0].about == ObjectRef("IPPool", name, uid="u")
