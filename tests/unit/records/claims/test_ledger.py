"""What records say of a claim: reproduced, deviates, not run here; the last verdict counts."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from testbed.errors import TestbedError
from testbed.records.claims.ledger import NO_SCENARIO, ClaimRow, ledger
from testbed.records.claims.paper import CLAIMS, COMPARISON
from testbed.records.record import Outcome, RunRecord, parse_record
from tests.unit.records.recorded import COMMIT, START, outcome, record

SCENARIOS = {"te-bgp": ["C5", "C7"], "priority": ["C5"], "ipip-pool": ["C9"]}


def of(day: int, *outcomes: Outcome) -> RunRecord:
    ended = START + timedelta(days=day)
    own = tuple(one.model_copy(update={"ended": ended}) for one in outcomes)
    return record(f"run-{day}", days=day, state="finished", outcomes=own)


def row(claim: str, *records: RunRecord) -> ClaimRow:
    return next(one for one in ledger(records, SCENARIOS) if one["claim"] == claim)


def verdict(name: str, verdict: str, **fields: object) -> Outcome:
    return outcome(name, verdict=verdict, **fields)


PASSED = (verdict("te-bgp", "pass"), verdict("priority", "pass"))
FAILED = verdict(
    "te-bgp", "fail", checks=5, failed=("a: expected 1; seen 2", "b"), failure="lost\nat r6"
)


def test_every_claim_has_a_row() -> None:
    rows = ledger([], SCENARIOS)
    assert [one["claim"] for one in rows] == list(CLAIMS) == [f"C{n}" for n in range(1, 15)]
    assert {one["answer"] for one in rows} == {"not run here"}


def test_reproduced() -> None:
    found = row("C5", of(1, *PASSED))
    assert (found["answer"], found["why"], found["missing"]) == ("reproduced", "", [])
    assert found["scenarios"] == ["priority", "te-bgp"]
    [one] = row("C7", of(1, *PASSED))["verdicts"]
    assert (one["run"], one["commit"], one["nodes"], one["cluster"]) == (
        "run-1",
        COMMIT,
        "namespace",
        "none",
    )
    assert one["at"] == START + timedelta(days=1)


def test_deviates_says_how_much_and_why() -> None:
    found = row("C5", of(1, FAILED, verdict("priority", "pass")))
    assert found["answer"] == "deviates"
    assert found["why"] == "te-bgp on namespace: 2 of 5 checks failed: lost"


def test_a_scenario_that_broke_off_deviates() -> None:
    found = row("C7", of(1, verdict("te-bgp", "error", failure="no such pod")))
    assert found["answer"] == "deviates"
    assert found["why"] == "te-bgp on namespace did not get to its end: no such pod"


@pytest.mark.parametrize("order", [1, -1])
def test_the_last_verdict_counts_in_whatever_order_records_come(order: int) -> None:
    records = [of(1, FAILED), of(2, verdict("te-bgp", "pass"))][::order]
    found = row("C7", *records)
    assert found["answer"] == "reproduced"
    assert [one["run"] for one in found["verdicts"]] == ["run-2"]


def test_another_back_end_has_a_verdict_of_its_own() -> None:
    there = FAILED.model_copy(update={"nodes": "vagrant"})
    found = row("C7", of(1, there), of(2, verdict("te-bgp", "pass")))
    assert found["answer"] == "deviates"
    assert [(one["nodes"], one["verdict"]) for one in found["verdicts"]] == [
        ("namespace", "pass"),
        ("vagrant", "fail"),
    ]


def test_in_part_names_what_was_not_run() -> None:
    found = row("C5", of(1, verdict("te-bgp", "pass")))
    assert (found["answer"], found["missing"]) == ("reproduced in part", ["priority: not run"])


def test_not_run_here_says_what_is_missing() -> None:
    unable = verdict("ipip-pool", "not applicable", reason="the kernel has no IP-in-IP")
    found = row("C9", of(1, unable))
    assert found["answer"] == "not run here"
    assert found["missing"] == ["ipip-pool: not applicable: the kernel has no IP-in-IP"]
    assert row("C12")["missing"] == [NO_SCENARIO]


def test_what_is_missing_for_one_reason_is_said_once() -> None:
    assert row("C5")["missing"] == ["priority, te-bgp: not run"]


def test_what_is_not_applicable_hides_no_verdict() -> None:
    unable = verdict("ipip-pool", "not applicable", reason="no")
    for records in (
        (of(1, verdict("ipip-pool", "pass")), of(2, unable)),
        (of(1, unable), of(2, verdict("ipip-pool", "pass"))),
    ):
        assert row("C9", *records)["answer"] == "reproduced"


UNDECIDED = verdict("te-bgp", "not enough data", reason="~14 more repeats would do")


def test_what_was_measured_and_is_not_decided_has_a_word_of_its_own() -> None:
    found = row("C7", of(1, UNDECIDED))
    assert found["answer"] == "not enough data"
    assert found["missing"] == ["te-bgp: not enough data: ~14 more repeats would do"]
    assert [one["verdict"] for one in found["verdicts"]] == ["not enough data"]
    assert row("C5", of(1, UNDECIDED, PASSED[1]))["answer"] == "reproduced in part"


def test_what_decides_nothing_hides_no_verdict_and_is_more_than_none() -> None:
    unable = verdict("te-bgp", "not applicable", reason="no")
    assert row("C7", of(1, PASSED[0]), of(2, UNDECIDED), of(3, unable))["answer"] == "reproduced"
    assert row("C7", of(1, FAILED), of(2, UNDECIDED))["answer"] == "deviates"
    assert row("C7", of(1, UNDECIDED), of(2, unable))["answer"] == "not enough data"
    assert row("C7", of(1, unable), of(2, UNDECIDED))["answer"] == "not enough data"


def test_older_records_of_an_undecided_comparison_are_read_in_todays_word() -> None:
    old = record("old", state="finished", outcomes=(verdict(COMPARISON, "not applicable"),))
    read = parse_record(json.loads(old.model_dump_json()), "x")
    assert [one.verdict for one in read.outcomes] == ["not enough data"]
    other = record("old", outcomes=(verdict("te-bgp", "not applicable"),))
    assert parse_record(json.loads(other.model_dump_json()), "x") == other


@pytest.mark.parametrize("content", [[], {"outcomes": 1}, {"outcomes": [1]}])
def test_what_is_no_record_is_refused(content: object) -> None:
    with pytest.raises(TestbedError):
        parse_record(content, "x")


def test_records_of_older_testbeds_count() -> None:
    old = record(
        "old",
        schema_version=0,
        commit="",
        state="finished",
        outcomes=(verdict("te-bgp", "pass", nodes=None, cluster=None, ended=None),),
    )
    [one] = row("C7", old)["verdicts"]
    assert (one["nodes"], one["cluster"], one["at"]) == ("?", "?", START)
