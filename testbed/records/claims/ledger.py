"""What the records of runs say of each claim; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from typing_extensions import TypedDict

from testbed.records.claims.paper import CLAIMS
from testbed.records.record import Outcome, RunRecord, Verdict

Answer = Literal["reproduced", "reproduced in part", "deviates", "not enough data", "not run here"]
NO_SCENARIO = "no scenario tests it"
# How much a verdict says: one that says less takes the place of none that says more.
_WEIGHT: Mapping[Verdict, int] = {"not applicable": 0, "not enough data": 1}
_DECIDED = 2
_UNKNOWN = "?"  # the back end, in records of older testbeds


class ClaimVerdict(TypedDict):
    """The last verdict of a scenario on one back end. `why`: what failed, or why none is there."""

    scenario: str
    verdict: Verdict
    at: datetime
    run: str
    commit: str
    changed: bool
    nodes: str
    cluster: str
    checks: int
    failed: int
    why: str


class ClaimRow(TypedDict):
    """A claim, the answer to it, and why it is no better one; `missing`: what was not run."""

    claim: str
    says: str
    scenarios: list[str]
    answer: Answer
    why: str
    missing: list[str]
    verdicts: list[ClaimVerdict]


def ledger(records: Iterable[RunRecord], scenarios: Mapping[str, Sequence[str]]) -> list[ClaimRow]:
    """A row for each claim. `scenarios`: which there are, with the claims that each tests."""
    latest = last_verdicts(records)
    return [_row(claim, latest, scenarios) for claim in CLAIMS]


def last_verdicts(records: Iterable[RunRecord]) -> dict[str, list[ClaimVerdict]]:
    """Scenario → its last verdict on each back end, the newest first."""
    found: dict[str, list[ClaimVerdict]] = {}
    for record, outcome in last_outcomes(records):
        found.setdefault(outcome.name, []).append(_verdict(outcome, record))
    return found


def last_outcomes(records: Iterable[RunRecord]) -> list[tuple[RunRecord, Outcome]]:
    """Of each scenario on each back end the last, with its run; the newest first.

    One that is not applicable takes the place of none that is; one that decides nothing that of
    none that does.
    """
    pairs = [(record, outcome) for record in records for outcome in record.outcomes]
    found: dict[tuple[str, str, str], tuple[RunRecord, Outcome]] = {}
    for record, outcome in sorted(pairs, key=lambda pair: _time(*pair)):  # later ones win
        key = (outcome.name, *_back_end(outcome, record))
        if key not in found or _weight(outcome) >= _weight(found[key][1]):
            found[key] = (record, outcome)
    return sorted(found.values(), key=lambda pair: _time(*pair), reverse=True)


def _weight(outcome: Outcome) -> int:
    return _WEIGHT.get(outcome.verdict, _DECIDED)


def _time(record: RunRecord, outcome: Outcome) -> datetime:
    return outcome.ended or record.ended or record.started


def _back_end(outcome: Outcome, record: RunRecord) -> tuple[str, str]:
    """Nodes and cluster; as they were asked for where no lab was there."""
    options = record.options
    nodes = outcome.nodes or options.get("nodes", _UNKNOWN)
    return nodes, outcome.cluster or options.get("cluster", _UNKNOWN)


def _verdict(outcome: Outcome, record: RunRecord) -> ClaimVerdict:
    said = outcome.failure if outcome.is_wrong else outcome.reason
    nodes, cluster = _back_end(outcome, record)
    return {
        "scenario": outcome.name,
        "verdict": outcome.verdict,
        "at": _time(record, outcome),
        "run": record.run,
        "commit": record.commit,
        "changed": record.changed,
        "nodes": nodes,
        "cluster": cluster,
        "checks": outcome.checks,
        "failed": len(outcome.failed),
        "why": (said or "").partition("\n")[0],
    }


def _row(
    claim: str,
    latest: Mapping[str, list[ClaimVerdict]],
    scenarios: Mapping[str, Sequence[str]],
) -> ClaimRow:
    names = sorted(name for name, claims in scenarios.items() if claim in claims)
    verdicts = [one for name in names for one in latest.get(name, [])]
    missing = _list_missing({name: latest.get(name, []) for name in names})
    answer = _answer(verdicts, missing)
    return {
        "claim": claim,
        "says": CLAIMS[claim],
        "scenarios": names,
        "answer": answer,
        "why": "; ".join(_deviations(verdicts)),
        "missing": missing or ([] if names else [NO_SCENARIO]),
        "verdicts": verdicts,
    }


def _answer(verdicts: Sequence[ClaimVerdict], missing: Sequence[str]) -> Answer:
    if any(one["verdict"] in ("fail", "error") for one in verdicts):
        return "deviates"
    if any(one["verdict"] == "pass" for one in verdicts):
        return "reproduced in part" if missing else "reproduced"
    undecided = any(one["verdict"] == "not enough data" for one in verdicts)
    return "not enough data" if undecided else "not run here"


def _deviations(verdicts: Iterable[ClaimVerdict]) -> Iterator[str]:
    for one in verdicts:
        if one["verdict"] == "fail":
            share = f"{one['failed']} of {one['checks']} checks failed"
            yield f"{one['scenario']} on {one['nodes']}: {share}: {one['why']}"
        if one["verdict"] == "error":
            yield f"{one['scenario']} on {one['nodes']} did not get to its end: {one['why']}"


def _list_missing(verdicts: Mapping[str, Sequence[ClaimVerdict]]) -> list[str]:
    """Why scenarios (name → verdicts) have no say, with their names."""
    found: dict[str, list[str]] = {}
    for name, own in verdicts.items():
        why = _why_missing(own)
        if why:
            found.setdefault(why, []).append(name)
    return [f"{', '.join(names)}: {why}" for why, names in found.items()]


def _why_missing(verdicts: Sequence[ClaimVerdict]) -> str:
    """Empty for a scenario that was run, is applicable somewhere, and decided there."""
    if not verdicts:
        return "not run"
    if any(one["verdict"] not in _WEIGHT for one in verdicts):
        return ""
    most = max(verdicts, key=lambda one: _WEIGHT[one["verdict"]])
    return f"{most['verdict']}: {most['why']}"
