"""The pure decision: what is wanted follows from the inputs, never from their order."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv6Address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.desired import routes
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs, OwnSid, remember
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.objects import BlockAffinity, Node, Objects
from testbed.bgp import unicast
from testbed.bgp.model import Family, PeerStatus, ReceivedPath
from testbed.srpolicy.bgp import codec
from tests.unit.agent.decision_inputs import (
    B4,
    B6,
    BASE,
    INJECTOR,
    MASTER,
    ME,
    MODE,
    OWN4,
    PATHS,
    PEERED,
    R6,
    SID4,
    SID6,
    W2,
    api,
    config,
    config_map,
    node,
    policy,
    prefix,
    route,
    segments,
    status_of,
    steered,
    te,
)


def test_best_effort_is_one_reduced_segment() -> None:
    wanted = decide(BASE)
    assert list(wanted.problems) == []
    assert route(wanted, B4) == routes.Route(
        B4, (routes.Hop("up", mode="encap.red", segments=(str(SID4),)),)
    )
    assert segments(wanted, B6) == [(str(SID6),)]
    assert route(wanted, str(OWN4)) == routes.Route(str(OWN4), refusal="blackhole")
    assert {r.action for r in wanted.routes if r.action} == {
        "End.DX4 nh4 0.0.0.0",
        "End.DT6 table 254",
    }
    assert [(p.prefix, p.via) for p in wanted.prefixes] == [
        (str(OWN4), "local"),
        (B4, "segments"),
        (B6, "segments"),
    ]


def test_without_encap_red_best_effort_still_works_and_says_so() -> None:
    old = Capabilities(encap_red=False, notes=("C3 unsupported",))
    inputs = replace(BASE, capabilities=old)
    found = route(decide(inputs), B4)
    assert found and found.hops[0].mode == "encap"
    assert status_of(inputs)["notes"] == ["C3 unsupported"]


def test_what_is_announced() -> None:
    bgp = decide(BASE).bgp
    assert bgp is not None
    nlris = {a.family: a for a in bgp.announcements if a.family is not Family.IPV6_SRPOLICY}
    assert set(nlris) == {Family.IPV4_UNICAST}
    own = [codec.decode(a.nlri, a.attrs).candidate for a in bgp.announcements
           if a.family is Family.IPV6_SRPOLICY]  # fmt: skip
    assert {(c.color, c.distinguisher, c.preference, c.priority) for c in own} == {
        (4, 0, 11, 10),
        (6, 0, 11, 10),
    }
    assert {c.segment_lists[0].segments[0].behavior for c in own} == {18, 19}
    assert {str(c.binding_sid) for c in own} == {"cafe::1c2", "cafe::1c3"}


def test_slow_nodes_do_not_connect_to_each_other_at_once() -> None:
    low, high = "fd10::1000", "fd12::1000"
    slow = replace(
        BASE,
        config=replace(BASE.config, patient=True),
        objects=api(node("a", IPv6Address(low)), node("b", IPv6Address(high))),
    )
    bgp = decide(slow).bgp
    assert bgp is not None
    assert {p.address: (p.passive, p.hold_time) for p in bgp.peers if p.address in (low, high)} == {
        low: (True, 60),  # this node is fd11::1000
        high: (False, 60),
    }


def test_sessions_are_the_mesh_and_the_peers_asked_for() -> None:
    peer = {"kind": "BGPPeer", "metadata": {"name": "inj"}, "spec": {"peerIP": str(INJECTOR)}}
    foreign = {"kind": "BGPPeer", "metadata": {"name": "far"},
               "spec": {"peerIP": "fd99::1", "asNumber": 65000}}  # fmt: skip
    elsewhere = {"kind": "BGPPeer", "metadata": {"name": "no"},
                 "spec": {"peerIP": "fd98::1", "node": "worker9"}}  # fmt: skip
    nodes = [node("worker1", ME), node("worker2", W2), node("odd")]
    nodes.append(node("master", MASTER))
    wanted = decide(replace(BASE, objects=api(*nodes, peer, foreign, elsewhere)))
    assert wanted.bgp
    # of two nodes one connects, and to a BGPPeer always this one
    passive = {p.address: p.passive for p in wanted.bgp.peers}
    assert passive == {str(W2): False, str(MASTER): True, str(INJECTOR): False}
    assert len([p for p in wanted.problems if "far" in p or "odd" in p]) == 2
    off = {"kind": "BGPConfiguration", "metadata": {"name": "default"},
           "spec": {"nodeToNodeMeshEnabled": False, "asNumber": 65001}}  # fmt: skip
    wanted = decide(replace(BASE, objects=api(*nodes, off)))
    assert wanted.bgp and not wanted.bgp.peers and wanted.bgp.asn == 65001


def test_local_sids_outside_the_pool_are_refused() -> None:
    text = te().replace("fcdd:0:0:11aa::1", "fcdd:0:0:12aa::1")
    wanted = decide(replace(BASE, objects=api(config_map("srv6-config-worker1", srv6=text), MODE)))
    assert [str(o.sid) for o in wanted.own_sids] == ["fcdd:0:0:11aa::a682", "fcdd:0:0:11aa::2"]
    assert "is not in pool" in wanted.problems[0]


def pod(v4: str) -> Attachment:
    return Attachment("c", "eth0", "/n", "web", v4, None, "cali1")


def test_pods_outlive_their_pool() -> None:
    """Their block stays announced and is believed elsewhere, but for new pods it is gone."""
    without = Objects(
        pools=tuple(p for p in api().pools if p.name != "v4"), nodes=(Node("w2", W2, None),)
    )
    inputs = replace(BASE, objects=without, attachments=(pod("172.16.0.5"),), blocks=(OWN4,))
    wanted = decide(inputs)
    assert wanted.bgp is not None
    assert unicast.announce(OWN4, ME) in wanted.bgp.announcements
    assert any("web has 172.16.0.5" in problem for problem in wanted.problems)
    idle = decide(replace(inputs, attachments=()))
    assert idle.bgp is not None
    assert unicast.announce(OWN4, ME) not in idle.bgp.announcements
    assert route(wanted, B4) is None
    theirs = (BlockAffinity("w2", ip_network(B4)),)
    claimed = decide(replace(inputs, objects=replace(without, affinities=theirs)))
    assert route(claimed, B4) is not None
    lies = replace(without, affinities=theirs, nodes=(Node("w2", MASTER, None),))
    assert route(decide(replace(inputs, objects=lies)), B4) is None


def test_local_sids_come_from_the_pool_when_nothing_pins_them() -> None:
    inputs = replace(BASE, config=config(local_sids=None))
    first, second = decide(inputs).own_sids, decide(inputs).own_sids
    assert first == second and len({o.sid for o in first}) == 2
    assert all(o.sid in ip_network("fcdd:0:0:11aa::/64") for o in first)
    without = replace(inputs, objects=Objects(pools=inputs.objects.pools[1:]))
    assert "no local SIDs" in decide(without).problems[0]


def test_replaced_sids_keep_decapsulating() -> None:
    old = OwnSid(IPv6Address("fcdd:0:0:11aa::9"), 4)
    wanted = decide(replace(BASE, replaced_sids=(old,)))
    found = route(wanted, "fcdd:0:0:11aa::9/128")
    assert found and found.action == "End.DX4 nh4 0.0.0.0"
    assert remember([], [old], decide(BASE).own_sids) == [old]
    assert remember([old], [], [old]) == []


def test_pods_have_routes_with_the_nodes_source() -> None:
    pod = Attachment("c", "eth0", "/n", "web", "172.16.0.1", "fdfb::1", "cali1")
    wanted = decide(replace(BASE, attachments=(pod,)))
    assert route(wanted, "172.16.0.1/32") == routes.Route(
        "172.16.0.1/32", (routes.Hop("cali1"),), source="192.168.11.254"
    )
    assert route(wanted, "fdfb::1/128") == routes.Route(
        "fdfb::1/128", (routes.Hop("cali1"),), source=str(ME)
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (prefix("0.0.0.0/0"), "in no pool"),
        (prefix("fd11::/64"), "in no pool"),
        (prefix("172.16.0.0/28"), "overlaps this node's own block"),
        (prefix("172.16.0.0/16"), "overlaps this node's own block"),
        (prefix("172.16.9.0/26", ME), "next hop is this node"),
        (prefix(B4, MASTER, MASTER), "that peer is no node of the cluster"),
    ],
)
def test_prefixes_that_are_not_believed(path: ReceivedPath, reason: str) -> None:
    wanted = decide(replace(BASE, paths=(*PEERED, path)))
    assert any(reason in problem for problem in wanted.problems)
    expected = decide(BASE)
    if path.nlri != PEERED[0].nlri:
        assert wanted.routes == expected.routes


def test_a_prefix_without_policy_is_reported() -> None:
    wanted = decide(replace(BASE, paths=PEERED[:2]))
    assert not segments(wanted)
    assert all("no valid IPv" in problem for problem in wanted.problems)
    assert [p.via for p in wanted.prefixes] == ["local", "plain", "plain"]


def test_nat_hides_pods_from_the_outside_only() -> None:
    text = decide(BASE).rules
    assert (
        'oifname "up" ip saddr { 172.16.0.0/16 } ip daddr != { 172.16.0.0/16 } masquerade' in text
    )
    assert "ip6" not in text


def test_status_is_what_others_read() -> None:
    inputs = replace(
        BASE,
        peers=(PeerStatus(str(W2), 64512, "ESTABLISHED"),),
        paths=(*PEERED, policy(steered(R6))),
    )
    status = status_of(inputs)
    assert status["sessions"][0]["state"] == "Established"
    assert status["local_sids"]["dt4"] == "fcdd:0:0:11aa::a682"
    chosen = [p for p in status["policies"] if p["chosen"]]
    assert {(p["endpoint"], p["family"], p["source"]) for p in chosen} == {
        (str(W2), 4, "bgp"),
        (str(W2), 6, "best-effort"),
    }
    assert all({"valid", "why", "segment_lists", "binding_sid"} <= p.keys() for p in chosen)


def summary(inputs: Inputs) -> tuple[Any, ...]:
    wanted = decide(inputs)
    status = status_of(inputs)
    return (
        wanted.routes,
        wanted.bgp,
        wanted.rules,
        status["policies"],
        status["prefixes"],
        sorted(wanted.problems),
    )


@given(PATHS, st.randoms(use_true_random=False), st.sampled_from([(), (MODE,)]))
def test_the_order_of_arrival_never_matters(
    paths: list[ReceivedPath], shuffle: random.Random, mode: tuple[dict[str, Any], ...]
) -> None:
    te_map = config_map("srv6-config-worker1", srv6=te())
    inputs = replace(BASE, objects=api(te_map, *mode), paths=tuple(paths))
    mixed = list(paths)
    shuffle.shuffle(mixed)
    assert summary(inputs) == summary(replace(inputs, paths=tuple(mixed)))


@given(PATHS)
def test_wanted_against_wanted_differs_in_nothing(paths: list[ReceivedPath]) -> None:
    wanted = decide(replace(BASE, paths=tuple(paths)))
    assert routes.diff(wanted.routes, wanted.routes).empty
    assert len({r.prefix for r in wanted.routes}) == len(wanted.routes)
