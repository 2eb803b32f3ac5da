"""Binding SIDs on a head end: which are installed, and what is said of the others."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv6Address
from typing import Any

import pytest

from testbed.agent.contract import parse_status
from testbed.agent.desired import routes
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.route_listing import parse
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.desired.wanted import Wanted
from testbed.srpolicy.model import Segment, SegmentList, best_effort
from tests.unit.agent.decision_inputs import (
    B4,
    BASE,
    MASTER,
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
    pool,
    route,
    segments,
    steered,
    te,
)

OWN, THEIRS = IPv6Address("fcdd:0:0:11aa::b000"), IPv6Address("fcdd:0:0:12aa::b000")
NAME = IPv6Address("cafe::185")
POOLS = (pool("sr-localsids-pool-worker2", "fcdd:0:0:12aa::/64"),)
GROUND = replace(BASE, objects=api(*POOLS))
TO_MASTER: dict[str, Any] = {"endpoint": MASTER, "color": 7}
MASTER_SID = IPv6Address("fcdd:0:0:aa::6")
WITH_MASTER = (*PEERED, policy(best_effort(MASTER, 6, MASTER_SID), MASTER))


def entry(binding_sid: IPv6Address = OWN, *waypoints: IPv6Address, **more: Any) -> Any:
    """A policy of worker1 to worker2 for IPv6, with a binding SID."""
    given = {"sid": SID6, "family": 6, "binding_sid": binding_sid, **more}
    return steered(*(waypoints or (R6,)), **given)


def decided(*candidates: Any, ground: Inputs = GROUND, paths: Any = WITH_MASTER) -> Wanted:
    """worker1, meant by each of these."""
    meant = (policy(c, targets=("192.168.11.254",)) for c in candidates)
    return decide(replace(ground, paths=(*paths, *meant)))


def states(wanted: Wanted, ground: Inputs = GROUND) -> list[str]:
    found = node_status(ground, wanted).policies
    return [p.binding_sid_state for p in found if p.chosen and p.source != "best-effort"]


def test_one_of_the_nodes_sids_is_installed_with_the_list_of_the_policy_in_use() -> None:
    wanted = decided(entry(OWN, R6), entry(OWN, R8, preference=50, distinguisher=2))
    hop = Hop("up", 1, routes.ENTRY, (str(R6), str(SID6)))
    assert route(wanted, f"{OWN}/128") == Route(f"{OWN}/128", (hop,))
    assert states(wanted) == ["installed"]
    assert not [problem for problem in wanted.problems if "binding" in problem]
    other = decided(entry(OWN, R6, preference=20), entry(OWN, R8, preference=50, distinguisher=2))
    changed = routes.diff(other.routes, wanted.routes)
    assert [r.prefix for r in changed.replace if r.hops[0].mode == routes.ENTRY] == [f"{OWN}/128"]
    assert not changed.delete  # replaced in place
    gone = routes.diff(decided().routes, wanted.routes)
    assert [r.prefix for r in gone.delete] == [f"{OWN}/128"]


def test_a_single_segment_has_an_srh_too() -> None:
    found = route(decided(entry(segment_lists=(SegmentList((Segment(SID6, 18),)),))), f"{OWN}/128")
    assert found and [hop.mode for hop in found.hops] == ["End.B6.Encaps"]


def test_weighted_lists_become_next_hops() -> None:
    lists = tuple(
        SegmentList((Segment(w), Segment(SID6, 18)), weight) for w, weight in ((R6, 3), (R8, 1))
    )
    found = route(decided(entry(segment_lists=lists)), f"{OWN}/128")
    assert found and routes.render(found).split(" nexthop ")[1:] == [
        f"encap seg6local action End.B6.Encaps srh segs {w},{SID6} via fe80::1 dev up weight {n}"
        for w, n in ((R8, 1), (R6, 3))
    ]


SINGLE = {"action": "End.B6.Encaps", "srh": {"segs": [str(R6), str(SID6)]}}


@pytest.mark.parametrize(
    "listed",
    [
        {"dst": str(OWN), "encap": "seg6local", **SINGLE, "dev": "up"},  # as iproute2 6.1 does
        {"dst": str(OWN), "encap": {"encap_type": "seg6local", **SINGLE}, "dev": "up"},
    ],
)
def test_what_ip_lists_is_what_was_wanted(listed: dict[str, Any]) -> None:
    assert parse([listed], 6) == [route(decided(entry()), f"{OWN}/128")]


def test_weighted_lists_are_read_back() -> None:
    hops = [
        {"encap": "seg6local", "action": "End.B6.Encaps", "srh": {"segs": [str(w), str(SID6)]},
         "gateway": "fe80::1", "dev": "up", "weight": weight, "flags": []}
        for w, weight in ((R6, 3), (R8, 1))
    ]  # fmt: skip
    lists = tuple(
        SegmentList((Segment(w), Segment(SID6, 18)), weight) for w, weight in ((R6, 3), (R8, 1))
    )
    wanted = route(decided(entry(segment_lists=lists)), f"{OWN}/128")
    assert parse([{"dst": str(OWN), "nexthops": hops}], 6) == [wanted]


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (entry(THEIRS), "it is not one of this node's SIDs (fcdd:0:0:11aa::/64)"),
        (entry(IPv6Address("beef::1")), "so that nobody would route it here"),
        (entry(IPv6Address("fcdd:0:0:11aa::a683")), "it is the node's End.DT6 SID"),
        (entry(IPv6Address("fcdd:0:0:11aa::99")), "it is a local SID that was replaced"),
        (steered(R6, binding_sid=OWN), "the policy's last segment takes out IPv4"),
    ],
)
def test_one_that_is_not_available_is_a_problem_and_the_policy_stays(
    candidate: Any, why: str
) -> None:
    ground = replace(GROUND, replaced_sids=(OwnSid(IPv6Address("fcdd:0:0:11aa::99"), 4),))
    wanted = decided(candidate, ground=ground)
    assert [item for item in wanted.evaluated if item.chosen and item.entry.candidate.color == 94]
    [problem] = [p for p in wanted.problems if p.startswith("binding SID")]
    assert "is not installed" in problem and why in problem
    assert not [r for r in wanted.routes if r.hops and r.hops[0].mode == routes.ENTRY]
    [state] = states(wanted, ground)
    assert state.startswith("not installed: ") and why in state


def test_of_two_policies_the_one_to_the_lower_endpoint_has_it() -> None:
    second = entry(OWN, R8, **TO_MASTER, sid=MASTER_SID)
    wanted = decided(entry(), second)
    found = route(wanted, f"{OWN}/128")
    assert found and found.hops[0].segments == (str(R8), str(MASTER_SID))
    [problem] = [p for p in wanted.problems if p.startswith("binding SID")]
    assert problem == (
        f"binding SID {OWN} of the policy to {W2} IPv6 is not installed: "
        f"it is that of the policy to {MASTER} IPv6"
    )
    assert decided(second, entry()) == wanted  # whatever came first


def test_one_of_the_policy_pool_is_a_name() -> None:
    wanted = decided(entry(NAME))
    said = "not installed: a name, as sr-policies-pool (cafe::/118) is routed to no node"
    assert states(wanted) == [said]
    assert not [problem for problem in wanted.problems if "binding" in problem]


def test_an_old_kernel_says_so() -> None:
    able = Capabilities(binding=False)
    [state] = states(decided(entry(), ground=replace(GROUND, capabilities=able)))
    assert state == "not installed: this kernel lacks End.B6.Encaps"


def test_the_state_survives_the_status_file() -> None:
    status = node_status(GROUND, decided(entry()))
    again = parse_status(json.loads(json.dumps(status.to_json())))
    assert [p.binding_sid_state for p in again.policies if p.binding_sid == str(OWN)] == [
        "installed"
    ]


def test_only_packets_of_the_sr_domain_may_enter() -> None:
    rule = f'iifname != {{ "up", "srv6", "srv6-tun" }} ip6 daddr {{ {OWN}/128 }} drop'
    assert rule in decided(entry()).rules
    assert "drop" not in decided().rules


def heard(*candidates: Any) -> Any:
    """Of worker2, by BGP."""
    return (*WITH_MASTER, *(policy(c, targets=("192.168.12.254",)) for c in candidates))


BEHIND = steered(R8, sid=MASTER_SID, family=6, binding_sid=THEIRS, **TO_MASTER)


def test_a_binding_sid_of_another_head_end_is_a_waypoint_as_long_as_its_policy_is_there() -> None:
    wanted = decided(steered(THEIRS), paths=heard(BEHIND))
    assert segments(wanted) == [(str(THEIRS), str(SID4))]
    waypoints = [str(R6), str(R8)]
    known = replace(GROUND, config=config(waypoints=waypoints))
    assert not decided(steered(THEIRS), ground=known, paths=heard(BEHIND)).problems
    without = decided(steered(THEIRS))
    assert segments(without) == [(str(SID4),)]
    [gone] = [e for e in without.evaluated if not e.valid and e.entry.candidate.color == 94]
    assert "lies in pool sr-localsids-pool-worker2" in gone.why


def test_the_heads_own_binding_sid_is_not_its_first_segment() -> None:
    wanted = decided(entry(), steered(OWN))
    assert segments(wanted) == [(str(SID4),)]
    assert f"its first segment {OWN} is a binding SID of this node itself" in [
        e.why for e in wanted.evaluated if e.entry.candidate.color == 94 and not e.valid
    ]


def test_policies_that_lead_into_each_other_are_refused() -> None:
    back = steered(OWN, sid=MASTER_SID, family=6, binding_sid=THEIRS, **TO_MASTER)
    wanted = decided(entry(OWN, THEIRS), paths=heard(back))
    [gone] = [e for e in wanted.evaluated if not e.valid and e.entry.candidate.color == 94]
    assert (
        gone.why == f"binding SID {OWN} leads back to itself by {THEIRS}, so that no packet arrives"
    )
    assert route(wanted, f"{OWN}/128") is None


def test_the_config_maps_of_other_head_ends_are_known() -> None:
    mine = config_map("srv6-config-worker1", srv6=te(str(SID4), "IPv4", str(THEIRS)))
    theirs = te(str(MASTER_SID), "IPv6", str(R8)).replace("node: worker1", "node: worker2")
    theirs = theirs.replace("cafe::4", str(THEIRS)).replace(f"node: {W2}", f"node: {MASTER}")
    theirs = theirs[theirs.index("node: worker2") :]
    both = api(*POOLS, MODE, mine, config_map("srv6-config-worker2", srv6=theirs))
    assert segments(decide(replace(GROUND, objects=both, paths=WITH_MASTER)), B4) == [
        (str(THEIRS), str(SID4))
    ]
    alone = replace(GROUND, objects=api(*POOLS, MODE, mine), paths=WITH_MASTER)
    assert segments(decide(alone), B4) == [(str(SID4),)]


def test_the_authors_of_a_config_map_are_told_of_their_binding_sid() -> None:
    text = te(str(SID6), "IPv6").replace("cafe::4", "beef::4")
    made = api(*POOLS, MODE, config_map("srv6-config-worker1", srv6=text))
    refusals = decide(replace(GROUND, objects=made, paths=WITH_MASTER)).refusals
    assert [r.config_map for r in refusals if "binding SID beef::4" in r.why] == [
        "srv6-config-worker1"
    ]
