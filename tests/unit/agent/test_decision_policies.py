"""Which SR Policy a head end uses, and what it says of the others."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.desired.decide import decide
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.overlays.srv6 import hops
from testbed.agent.desired.underlay import Underlay
from testbed.bgp.model import ReceivedPath
from testbed.srpolicy.model import (
    Segment,
    SegmentList,
)
from tests.unit.agent.decision_inputs import (
    B4,
    B6,
    BASE,
    ME,
    MODE,
    PEERED,
    R6,
    R8,
    SID4,
    SID6,
    W2,
    api,
    config,
    config_map,
    policy,
    route,
    segments,
    steered,
    te,
    underlay_of,
    why,
)


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
