"""Protected policies of people in a lab: their detours come, are named, and go."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from testbed.agent.contract import NodeStatus, PolicyStatus
from testbed.engine.from_plan import network_of
from testbed.engine.network import Network
from testbed.errors import TestbedError
from testbed.lab import policies
from testbed.lab.protected import NAME
from testbed.lab.te import detours, engine, follow, held, store
from testbed.lab.te.changes import intent_plan
from testbed.lab.te.damping import Damping
from testbed.lab.te.explained import explain_intent, explained_text
from testbed.lab.te.follow import Follower
from testbed.lab.te.listing import intent_rows
from testbed.lab.te.live import Live
from testbed.lab.te.store import NOTHING
from testbed.srpolicy.bgp.codec import decode
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.model import Candidate
from testbed.te.resolve import resolver
from tests.unit.lab.te.intents_in_lab import GOLD, PLAN, SIDS, SetNetwork, apply, cut, on

__all__ = ["on"]
MINE = """apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: mine}
spec:
  endpoint: worker2
  color: 20
  family: IPv4
  headEnds: [worker1]
  protect: true
  candidates:
    - segmentLists:
        - segments: [r7, worker2]
"""
R7 = [a.link for a in network_of(PLAN).adjacencies if a.tail == "r7"]
DETOUR = "mine.detour.worker1"


def inject(text: str = MINE) -> None:
    policies.inject(PLAN, load_policies(text, "mine.yaml", resolver(PLAN)))


def names() -> list[str]:
    return sorted(policy.name for policy in policies.injected(PLAN))


def announced(name: str = DETOUR) -> Candidate:
    found = next(
        content
        for content in policies.announced(PLAN).values()
        if json.loads(json.dumps(content))["about"]["name"] == name
    )
    [path] = json.loads(json.dumps(found))["paths"]
    return decode(bytes.fromhex(path["nlri"]), bytes.fromhex(path["attrs"])).candidate


def rows() -> list[tuple[str, str, str]]:
    found = engine.planned(PLAN, store.read(PLAN))
    return [(row.intent, row.status, row.why) for row in intent_rows(found)]


def test_a_detour_comes_with_the_loss_and_goes_when_the_waypoint_is_back(
    on: SetNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("testbed.lab.te.held.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(follow, "Held", lambda plan: held.Held(plan, lambda: clock[0]))
    monkeypatch.setattr(follow, "Damping", lambda: Damping(lambda: clock[0]))
    inject()
    follower = Follower(PLAN)
    follower.replan()
    assert names() == ["mine"] and rows() == [("mine", "Satisfied", "")]
    on(cut(*R7))
    follower.replan()
    assert names() == ["mine", DETOUR]
    why = "detour of the policy mine without r7, as r7 cannot be visited"
    assert rows() == [("mine", "Degraded", why)]
    assert detours.told(PLAN) == [f"worker1: the policy mine to worker2 for IPv4: {why}"]
    on(cut())
    follower.replan()
    assert names() == ["mine", DETOUR], "routers need a moment for their routes"
    clock[0] += held.SETTLED
    follower.replan()
    assert names() == ["mine"] and detours.told(PLAN) == []


def test_it_comes_before_the_policy_and_is_for_its_head_end_alone(on: SetNetwork) -> None:
    """A head end takes the highest discriminator among equal preferences."""
    inject(MINE.replace("- segmentLists:", "- preference: 300\n      segmentLists:"))
    on(cut(*R7))
    Follower(PLAN).replan()
    mine, detour = announced("mine"), announced()
    assert (detour.preference, detour.color) == (mine.preference, mine.color) == (300, 20)
    assert detour.distinguisher >= detours.FIRST > mine.distinguisher
    assert detour.segment_lists[0].sids == mine.segment_lists[0].sids[-1:]
    [about] = [policy for policy in policies.injected(PLAN) if policy.name == DETOUR]
    assert about.head_ends == ("worker1",) and about.detour_of == "mine" and not about.owner


def test_each_head_end_and_family_has_one_of_its_own(on: SetNetwork) -> None:
    other = MINE.replace("IPv4", "IPv6").replace("mine", "other").replace("headEnds: [worker1]", "")
    other = other.replace("- segmentLists:", "- discriminator: 9\n      segmentLists:")
    inject(f"{MINE}---\n{other}")
    on(cut(*R7))
    Follower(PLAN).replan()
    found = [policy for policy in policies.injected(PLAN) if policy.detour_of]
    assert sorted(p.name for p in found) == [DETOUR, "other.detour.master", "other.detour.worker1"]
    assert len({policy.key for policy in found}) == 3


def test_without_protect_nothing_is_done(on: SetNetwork) -> None:
    inject(MINE.replace("  protect: true\n", ""))
    on(cut(*R7))
    Follower(PLAN).replan()
    assert names() == ["mine"] and rows() == []
    assert not (store.directory(PLAN) / NAME).exists()


def test_it_goes_with_its_policy_and_with_the_wish(on: SetNetwork) -> None:
    inject()
    marker = store.directory(PLAN) / NAME
    assert json.loads(marker.read_text()) == ["mine"]
    on(cut(*R7))
    follower = Follower(PLAN)
    follower.replan()
    inject(MINE.replace("  protect: true\n", ""))
    assert json.loads(marker.read_text()) == []
    follower.replan()
    assert names() == ["mine"]
    inject()
    follower = Follower(PLAN)  # that one would wait for a moment before it changes policies again
    follower.replan()
    assert names() == ["mine", DETOUR]
    policies.withdraw(PLAN, [policy.key for policy in policies.select(PLAN, ["mine"], False)])
    assert json.loads(marker.read_text()) == []
    Follower(PLAN).replan()
    assert names() == []


def test_people_cannot_take_it_back_alone(on: SetNetwork) -> None:
    inject()
    on(cut(*R7))
    Follower(PLAN).replan()
    with pytest.raises(TestbedError, match="is a detour of the policy mine"):
        policies.select(PLAN, [DETOUR], False)
    assert [policy.name for policy in policies.select(PLAN, [], True)] == ["mine"]
    inject(MINE.replace("r7", "r6"))  # nor does it stand in the way of another form
    Follower(PLAN).replan()
    assert names() == ["mine"]


def test_intents_and_detours_live_side_by_side(on: SetNetwork) -> None:
    inject(MINE.replace("endpoint: worker2", "endpoint: master").replace("worker2]", "master]"))
    apply(GOLD)
    on(cut(*R7))
    Follower(PLAN).replan()
    assert names() == ["gold.worker1.worker2.v4", "mine", DETOUR]
    assert [row[:2] for row in rows()] == [("gold", "Satisfied"), ("mine", "Degraded")]
    assert apply(None) == []
    with pytest.raises(TestbedError, match="the policy mine steers IPv4"):
        apply(GOLD.replace("worker2", "master").replace("gold", "other"))


def status(**chosen: object) -> NodeStatus:
    base = PolicyStatus.none(str(PLAN.address_v6("worker2")))
    return NodeStatus("worker1", "bgp", policies=(replace(base, **chosen),))  # type: ignore[arg-type]


def reported(one: NodeStatus, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Live(network, SIDS, statuses={"worker1": one})
    monkeypatch.setattr(engine, "live", lambda _: seen)


@pytest.mark.usefixtures("on")
def test_where_another_policy_is_in_use_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    inject()
    other = status(family=4, source="bgp", color=33, distinguisher=1, chosen=True)
    reported(other, cut(*R7), monkeypatch)
    Follower(PLAN).replan()
    assert names() == ["mine"]
    assert rows() == [("mine", "Overruled", "worker1 uses another policy, of colour 33")]
    for used in (
        {"source": "bgp", "color": 20, "distinguisher": 1},
        {"source": "bgp", "color": 20, "distinguisher": detours.FIRST + 2},
        {"source": "best-effort", "color": 4, "distinguisher": 0},
    ):
        reported(status(family=4, chosen=True, **used), cut(*R7), monkeypatch)
        Follower(PLAN).replan()
        assert names() == ["mine", DETOUR]


@pytest.mark.usefixtures("on")
def test_in_mode_configmap_it_says_that_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    inject()
    reported(replace(status(), te_mode="configmap"), cut(*R7), monkeypatch)
    Follower(PLAN).replan()
    assert names() == ["mine"]
    [said] = detours.told(PLAN)
    assert "asks for protection and has none" in said and "testbed mode bgp" in said


def test_plan_and_explain_name_the_policy(on: SetNetwork) -> None:
    inject()
    on(cut(*R7))
    planned = engine.planned(PLAN, NOTHING)
    steps = intent_plan(PLAN, planned)
    assert list(steps.lines()) == [f"+ {DETOUR} added: worker2"]
    assert [(s.intent, s.detour_of) for s in steps.policies] == [("", "mine")]
    [explained] = explain_intent(PLAN, planned, "mine")
    assert explained_text(explained).split("\n")[:5] == [
        "mine: worker1 → worker2, IPv4: Degraded",
        "  a policy that asks for detours: testbed policy list",
        "  detour of the policy mine without r7, as r7 cannot be visited",
        f"  path      {' → '.join(explained.path.path if explained.path else ())}, metric 50",
        "  segments",
    ]


def test_where_nothing_leads_there_it_says_so(on: SetNetwork) -> None:
    inject()
    r8 = [a.link for a in network_of(PLAN).adjacencies if a.tail == "r8"]
    on(cut(*r8))
    Follower(PLAN).replan()
    assert names() == ["mine"]
    assert rows() == [("mine", "Unsatisfiable", "nothing leads to worker2")]


@pytest.mark.usefixtures("on")
def test_a_file_that_cannot_be_read_keeps_nobody_from_planning() -> None:
    inject()
    broken = policies.store(PLAN) / "9.9.9.json"
    broken.write_text('{"about": {"protect": true}, "paths": []}')
    inject(MINE.replace("mine", "other").replace("IPv4", "IPv6").replace("color: 20", "color: 21"))
    assert rows() == [("mine", "Satisfied", ""), ("other", "Satisfied", "")]
    marker = store.directory(PLAN) / NAME
    assert json.loads(marker.read_text()) == ["mine", "other"]
    marker.write_text("[")
    assert rows() == []
