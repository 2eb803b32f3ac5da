"""Compares two runs of the same scenarios, check by check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import TypedDict

from testbed.scenario.run.result import CheckResult, ScenarioResult

# What may differ between the kinds of nodes, and why; nothing else is excused.
DECLARED = {
    "time": "machines that are emulated in software are slower; streams have a tenth of the rate",
    "kernel": "a machine has its own: End.DT4 in a VRF takes IPv4 out, in namespaces End.DX4 may; "
    "it has IP-in-IP, which that of namespaces may lack",
    "patience": "time limits are eight times as long; a dead node is missed after 40 s, not 6 s",
}
# What Kubernetes picks anew in every lab: addresses, also within names, and what ends a pod's name.
_PICKED = re.compile(
    r"\b[0-9a-f]{1,4}([:-][0-9a-f]{0,4}){3,}"
    r"|(?<=-)[0-9a-z]{6,10}-[0-9a-z]{5}\b"
    r"|\b\d+(\.\d+)*\b"  # and counts; the digit of worker1 or IPv6 is none
)


@dataclass(frozen=True)
class Row:
    """One scenario in both runs."""

    scenario: str
    verdicts: tuple[str, str]
    seconds: tuple[float, float]
    checks: int  # that both runs have
    paths: int  # of these, proofs of a path that both passed alike
    differences: tuple[str, ...]
    excused: str = ""  # why one run did without it, where that is declared

    @property
    def equal(self) -> bool:
        """The same verdict, the same sentences, and each with the same outcome."""
        return not self.differences


def compare(one: Sequence[ScenarioResult], other: Sequence[ScenarioResult]) -> list[Row]:
    """Rows in the order of the first run; a scenario that one run lacks is a difference."""
    first, second = ({result.scenario: result for result in run} for run in (one, other))
    return [_compare_results(name, first.get(name), second.get(name)) for name in first | second]


class RowData(TypedDict):
    """A row, for JSON."""

    scenario: str
    verdicts: tuple[str, str]
    seconds: tuple[float, float]
    checks: int
    paths: int
    differences: tuple[str, ...]
    excused: str
    equal: bool


def data_of(rows: Sequence[Row]) -> list[RowData]:
    """The rows as JSON."""
    return [
        {
            "scenario": row.scenario,
            "verdicts": row.verdicts,
            "seconds": row.seconds,
            "checks": row.checks,
            "paths": row.paths,
            "differences": row.differences,
            "excused": row.excused,
            "equal": row.equal,
        }
        for row in rows
    ]


def _compare_results(name: str, one: ScenarioResult | None, other: ScenarioResult | None) -> Row:
    verdicts = (_verdict_of(one), _verdict_of(other))
    seconds = (one.seconds if one else 0.0, other.seconds if other else 0.0)
    if one and other and (excused := _find_excuse(one, other)):
        return Row(name, verdicts, seconds, 0, 0, (), excused)
    checks, others = one.checks if one else (), other.checks if other else ()
    pairs = list(zip(checks, others, strict=False))
    found = [text for a, b in pairs if (text := _describe_difference(a, b))]
    missing = abs(len(checks) - len(others))
    if missing:
        found.append(f"{missing} checks of one run only")
    if verdicts[0] != verdicts[1]:
        found.insert(0, f"{verdicts[0]} and {verdicts[1]}")
    return Row(
        name,
        verdicts,
        seconds,
        len(pairs),
        sum(a.path and a.passed and not _describe_difference(a, b) for a, b in pairs),
        tuple(found),
    )


def _verdict_of(result: ScenarioResult | None) -> str:
    return result.verdict if result else "is not there"


def _find_excuse(one: ScenarioResult, other: ScenarioResult) -> str:
    """Why a scenario is not applicable to one of the runs; empty unless the other passed."""
    for without, rest in ((one, other), (other, one)):
        if without.declared in DECLARED and rest.verdict == "pass":
            return without.reason or ""
    return ""


def _describe_difference(one: CheckResult, other: CheckResult) -> str:
    """In words; counts of packets and the like may differ, addresses of a path may not."""
    if _without_numbers(one.claim) != _without_numbers(other.claim):
        return f"{one.claim!r} and {other.claim!r}"
    if one.passed != other.passed or (one.path and one.seen != other.seen):
        return f"{one.claim}: {one.seen} and {other.seen}"
    return ""


def _without_numbers(claim: str) -> str:
    return _PICKED.sub("#", claim)
