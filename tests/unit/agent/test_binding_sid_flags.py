"""Specified-BSID-Only and Drop-Upon-Invalid (RFC 9256, 6.2.3 and 8.2), as a head end does them."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address
from typing import Any

import pytest

from testbed.agent.contract import DROPPED, SEGMENTS
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.routes import Route
from testbed.agent.desired.wanted import Wanted
from testbed.orchestrators.overlays.agent import _node_problems
from testbed.srpolicy.model import best_effort
from tests.shipped_plans import shipped_plan
from tests.unit.agent.decision_inputs import (
    B4,
    B6,
    BASE,
    MASTER,
    ME,
    MODE,
    PEERED,
    R6,
    R8,
    SID4,
    SID6,
    W2,
    api,
    policy,
    route,
    segments,
    steered,
)

OWN = IPv6Address("fcdd:0:0:11aa::b000")  # of worker1's SIDs
NAME = IPv6Address("cafe::185")
LOST = steered(ME, R6, color=20, preference=200, drop_upon_invalid=True)  # begins at worker1 itself


def decided(*candidates: Any, ground: Inputs = BASE) -> Wanted:
    return decide(replace(ground, paths=(*PEERED, *map(policy, candidates))))


def needs(sid: IPv6Address | None = OWN, **more: Any) -> Any:
    """For IPv6, to be used with its binding SID alone."""
    given = {"sid": SID6, "family": 6, "preference": 200, **more}
    return steered(R6, binding_sid=sid, specified_sid_only=True, **given)


BESIDE = steered(R8, sid=SID6, family=6, preference=150, color=33)


def whys(wanted: Wanted) -> list[str]:
    return [item.why for item in wanted.evaluated if not item.valid]


def test_one_that_has_its_binding_sid_is_used() -> None:
    wanted = decided(needs(), BESIDE)
    assert segments(wanted, B6) == [(str(R6), str(SID6))]
    assert route(wanted, f"{OWN}/128")


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (needs(IPv6Address("beef::1")), "so that nobody would route it here"),
        (needs(NAME), "it is a name: sr-policies-pool (cafe::/118) is routed to no node"),
        (needs(IPv6Address("fcdd:0:0:11aa::a683")), "it is the node's End.DT6 SID"),
        (
            needs(None),
            "it has no binding SID, and is invalid without (Specified-BSID-Only)",
        ),
    ],
)
def test_one_that_cannot_have_it_gives_way_to_the_next(candidate: Any, why: str) -> None:
    wanted = decided(candidate, BESIDE)
    assert segments(wanted, B6) == [(str(R8), str(SID6))]
    assert [said for said in whys(wanted) if why in said]
    assert not [state for state in wanted.binding_sids.values() if "beef" in state]
    alone = decided(candidate)
    assert segments(alone, B6) == [(str(SID6),)]


def test_it_is_a_problem_and_in_the_status() -> None:
    wanted = decided(needs(NAME))
    [problem] = [p for p in wanted.problems if "Specified" in p]
    assert problem.startswith(f"policy to {W2} IPv6 is not used: its binding SID {NAME} is needed")
    [refused] = [p for p in node_status(BASE, wanted).policies if p.refused]
    assert refused.binding_sid == str(NAME) and "Specified-BSID-Only" in refused.why


def test_without_the_flag_it_stays_in_use() -> None:
    wanted = decided(replace(needs(NAME), specified_sid_only=False), BESIDE)
    assert segments(wanted, B6) == [(str(R6), str(SID6))]


def test_an_old_kernel_uses_none() -> None:
    old = replace(BASE, capabilities=Capabilities(binding=False))
    assert segments(decided(needs(), ground=old), B6) == [(str(SID6),)]


def test_of_two_that_want_the_same_sid_one_gives_way() -> None:
    """The SID is that of the policy to the lower endpoint."""
    sid6 = IPv6Address("fcdd:0:0:aa::6")
    first = steered(
        R8, sid=sid6, family=6, endpoint=MASTER, color=7, binding_sid=OWN, specified_sid_only=True
    )
    paths = (*PEERED, policy(best_effort(MASTER, 6, sid6), MASTER))
    wanted = decide(replace(BASE, paths=(*paths, policy(first), policy(needs()), policy(BESIDE))))
    assert segments(wanted, B6) == [(str(R8), str(SID6))]
    found = route(wanted, f"{OWN}/128")
    assert found and found.hops[0].segments == (str(R8), str(sid6))


def test_while_all_is_invalid_traffic_is_dropped() -> None:
    wanted = decided(LOST)
    assert route(wanted, B4) == Route(B4, refusal="blackhole")
    assert segments(wanted, B6) == [(str(SID6),)]  # of the other family it says nothing
    assert [p.via for p in wanted.prefixes if p.prefix == B4] == [DROPPED]
    [problem] = [p for p in wanted.problems if "dropped" in p]
    assert problem.startswith(f"packets to {B4} are dropped: all policies towards {W2} for IPv4")
    best = next(e for e in wanted.evaluated if e.entry.candidate.color == 4)
    assert best.valid and not best.chosen and "Drop-Upon-Invalid" in best.why
    [lost] = [e for e in wanted.evaluated if not e.valid]
    assert lost.why.endswith("; its traffic is dropped (Drop-Upon-Invalid)")


def test_a_drop_is_no_missing_policy() -> None:
    status = node_status(BASE, decided(LOST))
    assert status.drops(str(W2), 4) and not status.drops(str(W2), 6)
    said = _node_problems(shipped_plan("full"), status, ["worker1", "worker2"])
    assert not [problem for problem in said if problem == "no IPv4 policy towards worker2"]


@pytest.mark.parametrize("color", [20, 21])
def test_any_valid_candidate_is_better(color: int) -> None:
    other = steered(R8, color=color, distinguisher=9, preference=20)
    wanted = decided(LOST, other)
    assert segments(wanted) == [(str(R8), str(SID4))]
    assert [p.via for p in wanted.prefixes if p.prefix == B4] == [SEGMENTS]


def test_without_the_flag_it_is_best_effort() -> None:
    assert segments(decided(replace(LOST, drop_upon_invalid=False))) == [(str(SID4),)]


def test_the_highest_preference_of_those_that_say_so_drops() -> None:
    mute = replace(LOST, preference=300, distinguisher=1, drop_upon_invalid=False)
    lower = replace(LOST, preference=150, distinguisher=2)
    wanted = decided(lower, mute, LOST)
    [problem] = [p for p in wanted.problems if "dropped" in p]
    assert "that with preference 200 says so" in problem
    assert [e.entry.candidate.preference for e in wanted.evaluated if e.drops] == [200]


def test_what_does_not_compete_drops_nothing() -> None:
    by_configmap = replace(BASE, objects=api(MODE))
    assert segments(decided(LOST, ground=by_configmap)) == [(str(SID4),)]
    meant = policy(LOST, targets=("192.168.12.254",))
    assert segments(decide(replace(BASE, paths=(*PEERED, meant)))) == [(str(SID4),)]


def test_what_enters_by_the_binding_sid_is_dropped_too() -> None:
    invalid = steered(
        ME, R6, sid=SID6, family=6, preference=200, binding_sid=OWN, drop_upon_invalid=True
    )
    wanted = decided(invalid)
    assert route(wanted, f"{OWN}/128") == Route(f"{OWN}/128", refusal="blackhole")
    assert "drops what enters, as its policy is invalid (Drop-Upon-Invalid)" in [
        *wanted.binding_sids.values()
    ]
