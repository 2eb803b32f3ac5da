"""Which of the intents that are objects count, beside those of the lab."""

from __future__ import annotations

from testbed.engine.intents.join import Joined, join
from testbed.engine.intents.model import Intent
from testbed.engine.intents.read import read_intents
from testbed.te.lint.findings import Finding, errors
from tests.paper_plan import paper_plan

PLAN = paper_plan()
OWN = """apiVersion: testbed/v1
kind: Intent
metadata: {name: own}
spec: {from: worker1, to: worker2, family: IPv4}
"""
Spec = dict[str, object]
TO: Spec = {"from": ["worker1"], "to": ["worker2"]}
BACK: Spec = {"from": ["worker2"], "to": ["worker1"]}


def joined(*objects: tuple[str, Spec], own: str = "", obstacle: str = "") -> Joined:
    there = read_intents(own, "the lab")[0] if own else []

    def find(intent: Intent) -> Finding | None:
        return Finding("error", "x:1", "in the way") if intent.name == obstacle else None

    return join(PLAN, there, objects, find)


def accepted(found: Joined) -> list[str]:
    return [written.intent.name for written in found.accepted]


def refused(found: Joined) -> dict[str, str]:
    return {name: bad[0].what for name, all_ in found.findings.items() if (bad := errors(all_))}


def test_those_without_findings_count() -> None:
    found = joined(("a", TO), ("b", BACK))
    assert (accepted(found), refused(found)) == (["a", "b"], {})


def test_of_two_for_the_same_traffic_the_first_counts() -> None:
    found = joined(("a", TO), ("b", TO), ("c", BACK))
    assert accepted(found) == ["a", "c"]
    assert refused(found)["b"].endswith("is a's already (which the API server has)")


def test_one_that_does_not_count_takes_no_traffic() -> None:
    """Neither for its own faults, nor for those of an earlier one."""
    bad: Spec = {**TO, "avoid": {"nodes": ["r99"]}}
    both: Spec = {"from": ["worker1", "worker2"], "to": ["worker1", "worker2"]}
    found = joined(("bad", bad), ("a", TO), ("both", both), ("b", BACK))
    assert accepted(found) == ["a", "b"]
    assert refused(found).keys() == {"bad", "both"}
    assert accepted(joined(("a", TO), ("b", TO), obstacle="a")) == ["b"]


def test_a_closer_one_is_no_clash() -> None:
    found = joined(("all", {"from": ["all"], "to": ["all"]}), ("a", TO))
    assert (accepted(found), refused(found)) == (["all", "a"], {})


def test_the_labs_own_come_before_all_objects() -> None:
    found = joined(("a", TO), ("own", BACK), own=OWN)
    assert accepted(found) == []
    assert refused(found)["a"].endswith("is own's already (which the lab has)")
    assert refused(found)["own"].startswith("the lab has an intent own of its own")


def test_a_form_that_does_not_fit_is_said() -> None:
    found = joined(("a", {**TO, "famly": "IPv4"}), ("b", {"from": ["worker1"]}))
    assert refused(found) == {"a": "spec has no field 'famly'", "b": "spec lacks to"}


def test_warnings_are_kept_with_what_counts() -> None:
    found = joined(("a", {**TO, "optimise": "delay"}))
    assert accepted(found) == ["a"]
    assert [one.severity for one in found.findings["a"]] == ["warning"]
