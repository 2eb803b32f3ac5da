"""Two runs compared: results, conditions, and for each result that differs its likely cause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from typing_extensions import TypedDict

from testbed.evaluate.sample import Sample
from testbed.records.record import Kind
from testbed.records.store import Standing, StoredRun
from testbed.replay import conditions, outcomes
from testbed.replay.areas import Area, Unlike
from testbed.replay.causes import likely_cause, short
from testbed.replay.evidence import Evidence

ALONE = "only one of the two was asked for it, or got as far"


class RunSide(TypedDict):
    """One of the two runs."""

    run: str
    kind: Kind
    standing: Standing
    started: datetime
    commit: str
    replays: str


class ResultRow(outcomes.Result):
    """With its likely cause: an area of conditions, or None; empty where nothing differs."""

    area: Area | None
    cause: str
    others: list[Area]


class Diff(TypedDict):
    """`not_recorded`: areas that one run did not record, as older testbeds do not."""

    a: RunSide
    b: RunSide
    results: list[ResultRow]
    conditions: list[Unlike]
    not_recorded: list[Area]


def diff(runs: tuple[StoredRun, StoredRun], sides: tuple[Evidence, Evidence]) -> Diff:
    """B as compared with A; pure."""
    one, other = (conditions.conditions(side) for side in sides)
    unlike = conditions.compare(one, other)
    found = outcomes.results(*sides)
    return Diff(
        a=_side(runs[0]),
        b=_side(runs[1]),
        results=[_with_cause(result, unlike, sides) for result in found],
        conditions=unlike,
        not_recorded=conditions.not_recorded(one, other),
    )


def _side(run: StoredRun) -> RunSide:
    return RunSide(
        run=run.name,
        kind=run.record.kind,
        standing=run.standing,
        started=run.record.started,
        commit=run.record.commit,
        replays=run.record.replays,
    )


def _with_cause(
    result: outcomes.Result, unlike: list[Unlike], sides: tuple[Evidence, Evidence]
) -> ResultRow:
    if not result["differs"]:
        return ResultRow(**result, area=None, cause="", others=[])
    if result["a"] is None or result["b"] is None:
        return ResultRow(**result, area=None, cause=ALONE, others=[])
    a, b = (_disturbed(side.samples, result["of"]) for side in sides)
    cause = likely_cause(result["effect"], unlike, a != b)
    return ResultRow(**result, area=cause.area, cause=cause.says, others=list(cause.others))


def _disturbed(samples: Iterable[Sample], case: str) -> int:
    return sum(bool(sample.marks) for sample in samples if sample.case == case)


def result_cells(row: ResultRow) -> list[str]:
    """result, A, B, what differs, likely cause."""
    others = f" (also differ: {', '.join(row['others'])})" if row["others"] else ""
    title = row["of"] if row["what"] == "verdict" else f"{row['of']}: {row['what']}"
    cause = f"{row['area'] or '-'}: {row['cause']}{others}" if row["differs"] else "-"
    return [title, row["a"] or "-", row["b"] or "-", row["says"] or "-", cause]


def condition_cells(row: Unlike) -> list[str]:
    """area, name, A, B."""
    return [row["area"], row["name"], short(row["a"]), short(row["b"])]
