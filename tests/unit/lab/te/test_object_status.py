"""The status of an intent that is an object: states, conditions, and their times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from testbed.json_types import JsonObject
from testbed.lab.te.listing import IntentRow
from testbed.lab.te.object_status import (
    LONGEST,
    MOST,
    decided_status,
    is_told,
    refused_status,
    with_times,
)
from testbed.te.lint.findings import Finding

State = Literal["Satisfied", "Degraded", "Unsatisfiable", "Overruled"]


def row(status: State, endpoint: str = "worker2", why: str = "") -> IntentRow:
    return IntentRow("gold", "worker1", endpoint, (4, 6), status, why)


def true(status: JsonObject) -> set[str]:
    conditions: Any = status["conditions"]
    return {one["type"] for one in conditions if one["status"] == "True"}


def arrival(status: JsonObject) -> dict[str, str]:
    conditions: Any = status["conditions"]
    (found,) = (one for one in conditions if one["type"] == "Arrived")
    return dict(found)


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        (["Satisfied"], "Satisfied"),
        (["Satisfied", "Degraded"], "Degraded"),
        (["Degraded", "Unsatisfiable", "Satisfied"], "Unsatisfiable"),
        (["Overruled", "Satisfied"], "Satisfied"),
        (["Overruled"], "Overruled"),
        ([], "Unsatisfiable"),
    ],
)
def test_the_state_is_the_worst_of_all_pairs(states: list[State], worst: str) -> None:
    status = decided_status(2, [row(state) for state in states], [])
    assert status["state"] == worst
    assert true(status) == {"Accepted", worst} - {"Overruled"}
    assert arrival(status)["status"] == "Unknown"
    assert (status["observedGeneration"], status["pairsInAll"]) == (2, len(states))


def test_it_says_which_head_ends_lack_the_policies() -> None:
    """As when the injector cannot be reached."""
    there, missing = (replace(row("Satisfied"), arrived=arrived) for arrived in (True, False))
    silent = row("Satisfied")
    assert arrival(decided_status(1, [there, silent], []))["status"] == "True"
    found = arrival(decided_status(1, [there, replace(missing, head_end="w2"), missing], []))
    assert (found["status"], found["reason"]) == ("False", "NotAtHeadEnds")
    assert found["message"] == "w2, worker1 without it: testbed status"


def test_the_reason_is_that_of_the_worst_pairs() -> None:
    rows = [row("Degraded", why="missed: delay"), row("Unsatisfiable", "w3", "no path")]
    assert decided_status(1, rows, [])["reason"] == "worker1 → w3, IPv4, IPv6: no path"


def test_many_pairs_are_cut_short_and_counted() -> None:
    status: Any = decided_status(1, [row("Degraded", f"w{n}", "x" * 99) for n in range(999)], [])
    assert (len(status["pairs"]), status["pairsInAll"]) == (MOST, 999)
    assert len(status["reason"]) == LONGEST


def test_refused_is_no_state_of_a_path() -> None:
    finding = Finding("error", "the API server:1", "there is no node r77", "did you mean r7?")
    status = refused_status(1, [finding])
    assert (status["state"], true(status)) == ("Refused", set())
    assert status["reason"] == "there is no node r77; fix: did you mean r7?"


def test_warnings_do_not_keep_it_from_being_used() -> None:
    warning = Finding("warning", "the API server:1", "no link has a delay")
    status = decided_status(1, [row("Satisfied")], [warning])
    assert (status["state"], status["findings"]) == ("Satisfied", ["warning: no link has a delay"])


def test_a_condition_keeps_its_time_while_it_is_the_same() -> None:
    def times(status: JsonObject) -> dict[str, str]:
        conditions: Any = status["conditions"]
        return {one["type"]: one["lastTransitionTime"] for one in conditions}

    first = with_times(decided_status(1, [row("Satisfied")], []), {}, "t1")
    assert set(times(first).values()) == {"t1"}
    degraded = decided_status(1, [row("Degraded", why="missed: delay")], [])
    assert not is_told(degraded, first)
    then = with_times(degraded, first, "t2")
    assert times(then) == {
        "Accepted": "t1",
        "Satisfied": "t2",
        "Degraded": "t2",
        "Unsatisfiable": "t1",
        "Arrived": "t1",
    }
    assert is_told(degraded, then)
