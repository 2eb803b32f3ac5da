"""The pure decision: what is wanted follows from the inputs, never from their order."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.config import AgentConfig, parse
from testbed.agent.desired import routes
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs, OwnSid, remember
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.overlays.srv6 import hops
from testbed.agent.desired.underlay import Underlay
from testbed.agent.desired.underlay import parse as parse_underlay
from testbed.agent.desired.wanted import Wanted
from testbed.agent.ipam.addresses import affinity_name
from testbed.agent.model import read_objects
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.objects import BlockAffinity, Node, Objects
from testbed.bgp import unicast
from testbed.bgp.model import Announcement, Family, PeerStatus, ReceivedPath
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import (
    BEHAVIOR_OF_FAMILY,
    Candidate,
    Segment,
    SegmentList,
    best_effort,
)

ME, W2, MASTER, INJECTOR = (IPv6Address(f"fd{n}::1000") for n in (11, 12, 10, 34))
SID4, SID6 = IPv6Address("fcdd:0:0:12aa::b04"), IPv6Address("fcdd:0:0:12aa::b05")
R6, R8 = IPv6Address("fcff:6::1"), IPv6Address("fcff:8::1")
B4, B6 = "172.16.1.0/26", "fdfb::40/122"
OWN4 = ip_network("172.16.0.0/26")
CLAIMED = (B4, B6, "172.18.1.0/26", "fd18::40/122")  # by worker2


def config(**changes: Any) -> AgentConfig:
    return parse({
        "node": "worker1", "address_v6": str(ME), "address_v4": "192.168.11.254",
        "router_id": "192.168.11.254", "uplink": "up", "asn": 64512, "te_mode": "bgp",
        "pod_mtu": 1284, "max_segments": 3,
        "local_sids": {"dt4": "fcdd:0:0:11aa::a682", "dt6": "fcdd:0:0:11aa::a683"},
        "binding_sids": {"v4": "cafe::1c2", "v6": "cafe::1c3"},
        "source": {"kind": "directory", "path": "/api"},
        "gobgp_socket": "/s", "state_dir": "/d", **changes,
    })  # fmt: skip


def pool(name: str, cidr: str, **spec: Any) -> dict[str, Any]:
    return {"kind": "IPPool", "metadata": {"name": name}, "spec": {"cidr": cidr, **spec}}


def api(*more: dict[str, Any]) -> Objects:
    documents = [
        pool("v4", "172.16.0.0/16", natOutgoing=True),
        pool("v6", "fdfb::/48"),
        pool("sr-localsids-pool-worker1", "fcdd:0:0:11aa::/64"),
        *(claim("worker2", block) for block in CLAIMED),
        *more,
    ]
    if "worker2" not in [d["metadata"]["name"] for d in more]:
        documents.append(node("worker2", W2))
    return read_objects.read(("api", d) for d in documents)


def node(name: str, *addresses: IPv6Address) -> dict[str, Any]:
    listed = [{"type": "InternalIP", "address": str(a)} for a in addresses]
    return {"kind": "Node", "metadata": {"name": name}, "status": {"addresses": listed}}


def claim(node: str, block: str) -> dict[str, Any]:
    spec = {"node": node, "cidr": block}
    name = affinity_name(ip_network(block))
    return {"kind": "BlockAffinity", "metadata": {"name": name}, "spec": spec}


def config_map(name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "calico-vpp-dataplane"}
    return {"kind": "ConfigMap", "metadata": metadata, "data": data}


def te(sid: str = str(SID4), traffic: str = "IPv4", *waypoints: str) -> str:
    listed = "".join(f"\n      - {item}" for item in (*(waypoints or (str(R6), str(R8))), sid))
    return (
        "localsids:\n  DT4: fcdd:0:0:11aa::1\n  DT6: fcdd:0:0:11aa::2\n"
        f"node: worker1\npolicies:\n  - bsid: cafe::4\n    node: {W2}\n"
        f"    segment_list:{listed}\n    traffic: {traffic}\n"
    )


MODE = config_map("testbed-config", CALICOVPP_SRV6_TE="configmap")


def received(announcement: Announcement, peer: IPv6Address) -> ReceivedPath:
    return ReceivedPath(str(peer), announcement.family, announcement.nlri, announcement.attrs)


def prefix(text: str, next_hop: IPv6Address = W2, peer: IPv6Address = W2) -> ReceivedPath:
    return received(unicast.announce(ip_network(text), next_hop), peer)


def policy(
    candidate: Candidate, peer: IPv6Address = INJECTOR, targets: tuple[str, ...] = ()
) -> ReceivedPath:
    attrs = codec.encode_attributes(
        candidate, candidate.endpoint, [IPv4Address(target) for target in targets]
    )
    return ReceivedPath(
        str(peer), Family.IPV6_SRPOLICY, codec.encode_nlri(candidate.key), attrs
    )  # fmt: skip


def steered(*waypoints: IPv6Address, sid: IPv6Address = SID4, family: int = 4, weight: int = 1,
            **more: Any) -> Candidate:  # fmt: skip
    segments = (*(Segment(w) for w in waypoints), Segment(sid, BEHAVIOR_OF_FAMILY[family]))
    lists = (SegmentList(segments, weight),)
    return Candidate(**{"endpoint": W2, "segment_lists": lists, "color": 94, **more})


PEERED = (
    prefix(B4),
    prefix(B6),
    policy(best_effort(W2, 4, SID4, IPv6Address("cafe::4")), W2),
    policy(best_effort(W2, 6, SID6, IPv6Address("cafe::5")), W2),
)
BASE = Inputs(config(), objects=api(), blocks=(OWN4,), paths=PEERED)


def route(wanted: Wanted, to: str) -> routes.Route | None:
    return routes.by_key(wanted.routes).get((routes.MAIN, to))


def segments(wanted: Wanted, to: str = B4) -> list[tuple[str, ...]]:
    found = route(wanted, to)
    return [hop.segments for hop in found.hops] if found else []


def status_of(inputs: Inputs) -> Any:
    """status.json, but for what only the process knows."""
    return node_status(inputs, decide(inputs)).to_json()


def underlay_of(*listed: dict[str, Any]) -> Underlay:
    return parse_underlay(listed)


def why(wanted: Wanted, source: str) -> str:
    return next(item.why for item in wanted.evaluated if item.entry.origin == source)


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


@pytest.mark.parametrize(
    ("waypoints", "reason"),
    [
        ((ME,), f"its first segment {ME} is this node itself: no packet would leave"),
        ((ME, R6), f"its first segment {ME} is this node itself: no packet would leave"),
        ((R6, SID6), f"waypoint {SID6} is a local SID of {W2}, which ends the tunnel"),
    ],
)
def test_what_would_lose_every_packet_is_not_chosen(
    waypoints: tuple[IPv6Address, ...], reason: str
) -> None:
    wanted = decide(replace(BASE, paths=(*PEERED, policy(steered(*waypoints)))))
    assert reason in why(wanted, "bgp")
    assert segments(wanted) == [(str(SID4),)]  # best effort
    by_map = te(str(SID4), "IPv4", *map(str, waypoints))
    objects = api(MODE, config_map("srv6-config-worker1", srv6=by_map))
    wanted = decide(replace(BASE, objects=objects))
    assert reason in why(wanted, "configmap")
    assert segments(wanted) == [(str(SID4),)]


def test_a_head_end_that_is_visited_later_is_valid() -> None:
    """The packet leaves it, comes back, and is sent on."""
    wanted = decide(replace(BASE, paths=(*PEERED, policy(steered(R6, ME)))))
    assert segments(wanted) == [(str(R6), str(ME), str(SID4))]


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


def test_an_injected_policy_wins_and_its_withdrawal_falls_back() -> None:
    with_te = replace(BASE, paths=(*PEERED, policy(steered(R6, R8))))
    wanted = decide(with_te)
    assert segments(wanted) == [(str(R6), str(R8), str(SID4))]
    assert segments(wanted, B6) == [(str(SID6),)]  # the other family stays
    assert "preference 11 is lower than 100" in why(wanted, "best-effort")
    assert segments(decide(BASE)) == [(str(SID4),)]


def test_weighted_lists_become_next_hops() -> None:
    lists = tuple(
        SegmentList((Segment(w), Segment(SID4, 19)), weight) for w, weight in ((R6, 3), (R8, 1))
    )
    wanted = decide(replace(BASE, paths=(*PEERED, policy(steered(segment_lists=lists)))))
    found = route(wanted, B4)
    assert found and [(h.weight, h.segments[0]) for h in found.hops] == [
        (1, str(R8)),
        (3, str(R6)),
    ]


@given(st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=5))
def test_weights_fit_the_kernel(weights: list[int]) -> None:
    lists = [
        SegmentList((Segment(IPv6Address(f"fcff:{n}::1")), Segment(SID4, 19)), weight)
        for n, weight in enumerate(weights, 1)
    ]
    found = hops(BASE, lists)
    assert len(found) == len(weights) and all(1 <= hop.weight <= 256 for hop in found)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (policy(steered(R6, sid=IPv6Address("fcdd::bad"))), "not one that"),
        (policy(steered(R6, R8, R6, R8)), "at most 3 fit the pod MTU"),
        (policy(steered(R6, sid=SID4, family=6)), "decapsulates IPv4"),
        (policy(steered(R6), targets=("192.168.12.254",)), "route targets"),
        (policy(steered(R6, endpoint=ME)), "this node itself"),
        (policy(steered(R6, endpoint=IPv6Address("fd99::1"))), "announces no local SIDs"),
    ],
)
def test_policies_that_do_not_count_say_why(path: ReceivedPath, reason: str) -> None:
    wanted = decide(replace(BASE, paths=(*PEERED, path)))
    assert segments(wanted) == [(str(SID4),)]
    assert reason in why(wanted, "bgp")
    assert list(wanted.problems) == []


REACHED = underlay_of({"dst": "default", "metric": 1024, "flags": []})
UNROUTED = underlay_of(
    {"dst": "fcff:8::/32", "type": "7", "metric": 1024, "flags": []},
    {"dst": "default", "metric": 1024, "flags": []},
)


@pytest.mark.parametrize(
    ("waypoints", "reason"),
    [
        ((ME, R6), "its first segment fd11::1000 is this node itself: no packet would leave"),
        ((IPv6Address("fcdd:0:0:11aa::a683"),), "is a local SID of this node, which ends"),
        ((R6, SID6), f"is a local SID of {W2}, which ends the tunnel"),
        ((IPv6Address("fcdd:0:0:11aa::77"),), "lies in pool sr-localsids-pool-worker1"),
        ((IPv6Address("fdfb::77"),), "lies in pool v6 (fdfb::/48)"),
        ((R6, R8), "there is no route to fcff:8::1"),
    ],
)
def test_a_policy_whose_packets_would_be_lost_is_not_chosen(
    waypoints: tuple[IPv6Address, ...], reason: str
) -> None:
    paths = (*PEERED, policy(steered(*waypoints)))
    inputs = replace(BASE, paths=paths, underlay=UNROUTED)
    assert segments(decide(inputs)) == [(str(SID4),)]
    assert reason in why(decide(inputs), "bgp")
    (refused,) = [p for p in node_status(inputs, decide(inputs)).policies if p.refused]
    assert reason in refused.why


@pytest.mark.parametrize("known", [None, REACHED])
def test_what_has_a_route_or_comes_back_here_is_chosen(known: Underlay | None) -> None:
    paths = (*PEERED, policy(steered(R8, ME)))
    wanted = decide(replace(BASE, paths=paths, underlay=known))
    assert segments(wanted) == [(str(R8), str(ME), str(SID4))]


def test_a_node_without_any_route_has_no_policy() -> None:
    wanted = decide(replace(BASE, underlay=Underlay()))
    assert segments(wanted) == []
    assert "there is no route to" in why(wanted, "best-effort")


def test_a_policy_of_a_config_map_that_loses_its_packets_is_told_to_its_author() -> None:
    """The plan knows which addresses there are; the head end's default route leads anywhere."""
    objects = api(config_map("srv6-config-worker1", srv6=te()), MODE)
    wanted = decide(replace(BASE, config=config(waypoints=[str(R6)]), objects=objects))
    assert segments(wanted) == [(str(R6), str(R8), str(SID4))]
    assert [(str(r), r.config_map) for r in wanted.refusals] == [
        (
            "policy to fd12::1000 IPv4 loses its packets: no router or cluster node of the lab has "
            "the waypoint fcff:8::1",
            "srv6-config-worker1",
        )
    ]
    for known in ([], [str(R6), str(R8)]):
        wanted = decide(replace(BASE, config=config(waypoints=known), objects=objects))
        assert wanted.refusals == ()


def test_a_policy_of_a_config_map_that_is_not_used_is_a_problem() -> None:
    """As when somebody wrote the SID of the other family, and kubectl took it."""
    objects = api(config_map("srv6-config-worker1", srv6=te(str(SID4), "IPv6")), MODE)
    (problem,) = decide(replace(BASE, objects=objects)).problems
    assert problem.startswith("policy to fd12::1000 IPv6 is not used: last SID")
    assert "decapsulates IPv4" in problem


def test_a_route_target_that_names_this_node_counts() -> None:
    path = policy(steered(R6), targets=("10.0.0.1", "192.168.11.254"))
    assert segments(decide(replace(BASE, paths=(*PEERED, path)))) == [(str(R6), str(SID4))]


def test_a_node_without_ipv4_knows_itself_by_its_bgp_identifier() -> None:
    alone = config(address_v4=None, router_id="10.254.0.2")
    paths = (*PEERED, policy(steered(R6), targets=("10.254.0.2",)))
    assert segments(decide(replace(BASE, config=alone, paths=paths))) == [(str(R6), str(SID4))]
    paths = (*PEERED, policy(steered(R6), targets=("10.254.0.3",)))
    assert segments(decide(replace(BASE, config=alone, paths=paths))) == [(str(SID4),)]


def test_the_mode_enables_one_te_source() -> None:
    both = replace(
        BASE,
        objects=api(config_map("srv6-config-worker1", srv6=te())),
        paths=(*PEERED, policy(steered(R8))),
    )
    wanted = decide(both)
    assert segments(wanted) == [(str(R8), str(SID4))]
    assert "does not count in TE mode bgp" in why(wanted, "configmap")
    assert {str(o.sid) for o in wanted.own_sids} == {
        "fcdd:0:0:11aa::a682",
        "fcdd:0:0:11aa::a683",
    }
    wanted = decide(replace(both, objects=api(config_map("srv6-config-worker1", srv6=te()), MODE)))
    assert segments(wanted) == [(str(R6), str(R8), str(SID4))]
    assert "do not count in TE mode configmap" in why(wanted, "bgp")
    assert [str(o.sid) for o in wanted.own_sids] == ["fcdd:0:0:11aa::1", "fcdd:0:0:11aa::2"]


def test_the_older_config_map_counts_too() -> None:
    older = config_map("srv6-config", worker1=te(), worker2="localsids:\npolicies:\n")
    wanted = decide(replace(BASE, objects=api(older, MODE)))
    assert segments(wanted) == [(str(R6), str(R8), str(SID4))]


def test_a_broken_config_map_is_a_problem_and_best_effort_stays() -> None:
    for text in ("policies: {", "policies: 7", "node: worker9", "a: &a [*a]"):
        wanted = decide(
            replace(BASE, objects=api(config_map("srv6-config-worker1", srv6=text), MODE))
        )
        assert len(wanted.problems) == 1 and "srv6-config-worker1" in wanted.problems[0]
        assert segments(wanted) == [(str(SID4),)]


def test_local_sids_outside_the_pool_are_refused() -> None:
    text = te().replace("fcdd:0:0:11aa::1", "fcdd:0:0:12aa::1")
    wanted = decide(replace(BASE, objects=api(config_map("srv6-config-worker1", srv6=text), MODE)))
    assert [str(o.sid) for o in wanted.own_sids] == ["fcdd:0:0:11aa::a682", "fcdd:0:0:11aa::2"]
    assert "is not in pool" in wanted.problems[0]


def test_what_a_config_map_asks_for_in_vain_is_told_to_its_author() -> None:
    def refused(text: str, *more: dict[str, Any]) -> list[tuple[str | None, bool]]:
        objects = api(config_map("srv6-config-worker1", srv6=text), *more)
        return [(r.config_map, r.passing) for r in decide(replace(BASE, objects=objects)).refusals]

    mine = "srv6-config-worker1"
    assert refused(te(), MODE) == []
    assert refused("policies: {", MODE) == [(mine, False)]
    assert refused("policies: {") == []  # it does not count in this mode
    assert refused(te(str(R6)), MODE) == [(mine, True)]  # not (yet) a SID of that endpoint
    assert refused(te(str(SID4), "IPv4", *[str(R6)] * 9), MODE) == [(mine, False)]
    assert refused(te().replace("fcdd:0:0:11aa::1", "fcdd::1"), MODE) == [(mine, False)]
    wrong = config_map("testbed-config", CALICOVPP_SRV6_TE="x")
    assert refused(te(), wrong) == [("testbed-config", False)]


def pod(v4: str) -> Attachment:
    return Attachment("c", "eth0", "/n", "web", v4, None, "cali1")


def test_pods_outlive_their_pool() -> None:
    """Their block stays announced and is believed elsewhere, but for new pods it is gone."""
    without = Objects(pools=api().pools[2:], nodes=(Node("w2", W2, None),))
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


CANDIDATES = st.builds(
    lambda waypoints, endpoint, sid, family, preference, distinguisher, color, weight: policy(
        steered(*waypoints, endpoint=endpoint, sid=sid, family=family, weight=weight,
                preference=preference, distinguisher=distinguisher, color=color)),
    st.lists(st.sampled_from([R6, R8]), max_size=3),
    st.sampled_from([W2, MASTER, ME]),
    st.sampled_from([SID4, SID6]),
    st.sampled_from([4, 6]),
    st.sampled_from([1, 11, 100, 200]),
    st.integers(0, 3),
    st.sampled_from([4, 6, 94]),
    st.sampled_from([0, 1, 5]),
)  # fmt: skip
GARBAGE = st.builds(
    ReceivedPath,
    st.sampled_from([str(W2), str(INJECTOR)]),
    st.sampled_from(list(Family)),
    st.binary(max_size=30),
    st.binary(max_size=60),
)
PREFIXES = st.builds(
    prefix,
    st.sampled_from([B4, B6, "172.16.2.0/26", "172.16.0.0/26", "::/0"]),
    st.sampled_from([W2, MASTER, ME]),
    st.sampled_from([W2, MASTER, INJECTOR]),
)
PATHS = st.lists(CANDIDATES | GARBAGE | PREFIXES | st.sampled_from(PEERED), max_size=12)


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
