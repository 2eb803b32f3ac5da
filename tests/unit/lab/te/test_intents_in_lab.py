"""Intents of a lab: kept, delivered, changed in place, and never at people's policies' cost."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from testbed.engine.decide.what_if import with_down
from testbed.engine.from_plan import network_of
from testbed.errors import TestbedError
from testbed.lab import policies
from testbed.lab.te import engine, store, what_if
from testbed.lab.te.changes import intent_plan
from testbed.lab.te.explained import explain_intent, explained_text
from testbed.lab.te.listing import IntentRow, intent_rows
from testbed.lab.te.live import Live, Received
from testbed.lab.te.loads import link_loads
from testbed.lab.te.what_if import Question
from testbed.srpolicy.files.load import load_policies
from testbed.te.lint.findings import LintFailed
from testbed.te.resolve import resolver
from tests.unit.lab.te.intents_in_lab import GOLD, PLAN, SIDS, SetNetwork, apply, cut, files, on

__all__ = ["on"]

PEOPLE = """apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: mine}
spec:
  endpoint: worker2
  color: 20
  family: IPv4
  headEnds: [worker1]
  candidates:
    - segmentLists: [{segments: [r6, worker2]}]
"""


def lacking() -> list[str]:
    return list(intent_plan(PLAN, engine.planned(PLAN, store.read(PLAN))).lacking())


def people() -> None:
    policies.inject(PLAN, load_policies(PEOPLE, "mine.yaml", resolver(PLAN)))


@pytest.mark.usefixtures("on")
def test_an_intent_is_kept_and_its_policy_announced() -> None:
    assert apply() == ["+ gold.worker1.worker2.v4 added: r7 → worker2"]
    kept = store.directory(PLAN) / "intents.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert store.read(PLAN).names == ["gold"]
    (policy,) = policies.injected(PLAN)
    assert (policy.owner, policy.head_ends, policy.color) == ("gold", ("worker1",), 1_000_000)
    before = files()
    assert apply() == apply(None) == []
    assert files() == before


def test_a_new_path_takes_the_old_ones_place(on: SetNetwork) -> None:
    apply()
    (name,) = files()
    on(cut("r2-r7"))
    assert apply(None) == ["~ gold.worker1.worker2.v4 changed: r5 → worker2, was r7 → worker2"]
    assert list(files()) == [name], "another key would be withdrawn and announced"


@pytest.mark.usefixtures("on")
def test_what_is_new_is_written_before_anything_is_withdrawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apply()
    there: list[int] = []
    monkeypatch.setattr(
        policies, "remove", lambda _plan, gone: there.append(len(files()) - len(gone))
    )
    engine.apply(PLAN, GOLD.replace("gold", "other").replace("IPv4", "IPv6"), "other.yaml")
    assert there == [2]


def test_what_cannot_be_met_has_no_policy_and_says_so(on: SetNetwork) -> None:
    apply()
    on(cut("r2-r7", "r5-r6"))
    assert apply(None) == ["- gold.worker1.worker2.v4 removed"]
    assert lacking() == [
        "gold: worker1 → worker2, IPv4: Unsatisfiable: no path from worker1 to worker2 "
        "with: avoid link r4-r6"
    ]


@pytest.mark.usefixtures("on")
def test_of_two_for_the_same_traffic_the_second_is_refused() -> None:
    people()
    before = files()
    with pytest.raises(TestbedError, match="the policy mine steers IPv4 traffic of worker1"):
        apply()
    assert (files(), store.read(PLAN).names) == (before, [])
    apply(GOLD.replace("IPv4", "IPv6"))
    policies.withdraw(PLAN, [p.key for p in policies.select(PLAN, ["mine"], every=False)])
    apply()
    with pytest.raises(TestbedError, match="the intent gold steers this traffic"):
        people()


@pytest.mark.usefixtures("on")
def test_people_delete_their_own_policies_only() -> None:
    apply()
    with pytest.raises(TestbedError, match="is of the intent gold"):
        policies.select(PLAN, ["gold.worker1.worker2.v4"], every=False)
    assert policies.select(PLAN, [], every=True) == []


@pytest.mark.usefixtures("on")
def test_deleting_an_intent_takes_its_policy_and_leaves_others() -> None:
    apply()
    apply(GOLD.replace("gold", "other").replace("IPv4", "IPv6"))
    engine.delete(PLAN, ["gold"])
    assert [policy.owner for policy in policies.injected(PLAN)] == ["other"]
    assert store.read(PLAN).colors == {"other": 1_000_001}
    with pytest.raises(TestbedError, match="no intent 'gold'"):
        engine.delete(PLAN, ["gold"])


@pytest.mark.usefixtures("on")
def test_a_file_is_checked_with_the_intents_that_are_there() -> None:
    apply()
    with pytest.raises(LintFailed, match="is gold's already \\(which the lab has\\)"):
        apply(GOLD.replace("gold", "other"))
    assert store.read(PLAN).names == ["gold"]
    assert apply(GOLD.replace("r4-r6", "r7-r8")) != []  # the same name: it takes its place


@pytest.mark.usefixtures("on")
def test_intents_that_cannot_be_read_say_how_to_go_on() -> None:
    apply()
    (store.directory(PLAN) / "intents.json").write_text(json.dumps([{"color": 1}]))
    with pytest.raises(TestbedError, match="the lab's intents cannot be read"):
        apply(None)


@pytest.mark.usefixtures("on")
def test_what_if_foretells_and_touches_nothing() -> None:
    apply(GOLD.replace("family: IPv4", "bandwidth: 10"))
    before, kept = files(), store.read(PLAN)
    found = what_if.what_if(PLAN, kept, kept, Question(["r2-r7"]))
    assert {move.what for move in found.moves} == {"moves"}
    assert {move.after_segments for move in found.moves} == {("r5", "worker2")}
    load = next(x for x in found.loads if (x.tail, x.head) == ("r2", "r7"))
    assert (load.before, load.after) == (20.0, 0.0)
    lost = what_if.what_if(PLAN, kept, kept, Question(["r8"]))
    assert [(move.what, move.after) for move in lost.moves] == [("lost", ())] * 2
    dear = what_if.what_if(PLAN, kept, kept, Question(metrics={"r7-r2": "100"}))
    assert {move.what for move in dear.moves} == {"moves"}
    assert files() == before
    with pytest.raises(TestbedError, match="no node or link 'r99'"):
        what_if.what_if(PLAN, kept, kept, Question(["r99"]))
    with pytest.raises(TestbedError, match="no metric of IS-IS"):
        what_if.what_if(PLAN, kept, kept, Question(metrics={"r2-r7": "0"}))


@pytest.mark.usefixtures("on")
def test_an_intent_is_explained() -> None:
    text = GOLD.replace("avoid: {links: [r4-r6]}", "avoid: {nodes: [r7]}, protect: true")
    apply(text)
    kept = store.read(PLAN)
    (one,) = explain_intent(PLAN, engine.planned(PLAN, kept), "gold")
    assert one.next_best is not None
    assert one.next_best.cost == 60
    assert explained_text(one).splitlines() == [
        "gold: worker1 → worker2, IPv4: Degraded",
        "  no second path: every path uses link r3-r4, link r6-r8",
        "  path      worker1 → r3 → r4 → r6 → r8 → worker2, metric 50",
        "  next best worker1 → r3 → r4 → r5 → r6 → r8 → worker2, metric 60: metric 10 more",
        "  avoid node r7: rules out r2-r7, r6-r7, r7-r8; costs nothing",
        "  segments",
        "  1. r6, End, fcff:6::1",
        "       worker1 → r3 → r4 → r6",
        "       without it, packets would also take r2-r3",
        "  2. worker2, End.DT4 or End.DT6, the endpoint's SID",
        "       r6 → r8 → worker2",
    ]


def test_a_node_that_does_not_report_is_no_end(on: SetNetwork) -> None:
    network = network_of(PLAN)
    on(replace(with_down(network, {"worker2"}, ()), nodes=network.nodes - {"worker2"}))
    assert apply() == []
    assert lacking()[0].endswith("Unsatisfiable: worker2 is not in the network")


@pytest.mark.usefixtures("on")
def test_a_policy_has_arrived_once_its_head_end_has_it_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apply()
    (change,) = engine.planned(PLAN, store.read(PLAN)).changes
    assert change.candidate is not None
    lists = tuple(tuple(str(s.sid) for s in x.segments) for x in change.candidate.segment_lists)

    def row(received: dict[str, Received]) -> IntentRow:
        now = Live(network_of(PLAN), SIDS, received)
        monkeypatch.setattr(engine, "live", lambda _: now)
        (found,) = intent_rows(engine.planned(PLAN, store.read(PLAN)))
        return found

    assert row({}).arrived is None
    assert row({"worker1": {change.policy: lists}}).arrived is True
    for other in ({}, {change.policy: (("fcff:9::1",),)}):
        missing = row({"worker1": other})
        assert missing.arrived is False
        assert "worker1 does not have it: testbed status" in missing.cells()


def placed_lab(on: SetNetwork) -> None:
    """Links between routers have 100 Mbit/s, r2-r7 half of it."""
    network = network_of(PLAN)
    routers = PLAN.router_names
    limited = (
        replace(a, capacity_mbit=50 if a.link == "r2-r7" else 100)
        if {a.tail, a.head} <= routers
        else a
        for a in network.adjacencies
    )
    on(replace(network, adjacencies=tuple(limited)))


HEAVY = GOLD.replace("avoid: {links: [r4-r6]}", "bandwidth: 60")


def test_intents_with_a_bandwidth_are_placed_and_say_so(on: SetNetwork) -> None:
    placed_lab(on)
    second = HEAVY.replace("gold", "lead").replace("from: worker1", "from: master")
    apply(f"{HEAVY}---\n{second}")
    kept = store.read(PLAN)
    planned = engine.planned(PLAN, kept)
    assert not planned.delivery.changes, "what was decided is decided again"
    loads = link_loads(planned.decision)
    assert loads is not None
    assert (loads.utilisation, loads.plain, loads.bound) == pytest.approx((0.9, 1.2, 0.8))
    lines = list(loads.lines())
    assert lines[0].endswith(": 90 of 100 Mbit/s, 90%")
    assert lines[-1] == (
        "fullest link 90.0%; on shortest paths 120.0%; "
        "no routing has less than 80.0%, and this has 12.5% more"
    )
    moved = next(one for one in planned.decision.decided if len(one.primary.segments) > 1)  # type: ignore[union-attr]
    (one,) = explain_intent(PLAN, planned, moved.ask.intent.name)
    text = explained_text(one)
    assert "bandwidth 60 Mbit/s, its fullest link" in text
    assert ": would fill r" in text
    assert intent_plan(PLAN, planned).loads is None
    assert intent_plan(PLAN, planned, loads=True).loads == loads


@pytest.mark.usefixtures("on")
def test_without_a_bandwidth_there_is_no_load() -> None:
    apply()
    assert link_loads(engine.planned(PLAN, store.read(PLAN)).decision) is None


@pytest.mark.usefixtures("on")
def test_a_policy_that_goes_while_files_are_read_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apply()
    (policy,) = there = policies.injected(PLAN)
    monkeypatch.setattr(policies, "_readable", lambda _: there)
    (policies.store(PLAN) / f"{policies.file_name(policy.key)}.json").unlink()
    assert policies.announced(PLAN) == {}


@pytest.mark.parametrize("sees_less", ["announced", "injected"])
def test_another_process_may_change_policies_between_two_readings(
    on: SetNetwork, monkeypatch: pytest.MonkeyPatch, sees_less: str
) -> None:
    apply(f"{GOLD}".replace("avoid:", "bandwidth: 5, avoid:"))
    on(cut("r2-r7"))
    monkeypatch.setattr(policies, sees_less, lambda _: {} if sees_less == "announced" else [])
    planned = engine.planned(PLAN, store.read(PLAN))
    assert [one.status for one in planned.decision.decided] == ["Satisfied"]
    emptied = engine.planned(PLAN, store.NOTHING)
    assert not emptied.delivery.removed
