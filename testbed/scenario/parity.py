"""Two runs of the same scenarios, check by check: what one kind of nodes does, so must others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What may differ between the kinds of nodes, and why; nothing else is excused.
DECLARED = {
    "time": "machines that are emulated in software are slower; streams have a tenth of the rate",
    "kernel": "a machine has its own: End.DT4 in a VRF takes IPv4 out, in namespaces End.DX4 may",
    "patience": "a dead node is missed after 40 s instead of 6 s; sessions are held for 60 s",
}
_NUMBER = re.compile(r"\d+(\.\d+)?")
_LOST = "is not there"


@dataclass(frozen=True)
class Row:
    """One scenario in both runs."""

    scenario: str
    verdicts: tuple[str, str]
    checks: int  # sentences that both runs have
    differences: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """The same verdict, the same sentences, and each with the same outcome."""
        return not self.differences


def compare(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows in the order of the first run; scenarios of one run only are a difference."""
    there = {str(result["scenario"]): result for result in other}
    rows = [_row(result, there.pop(str(result["scenario"]), None)) for result in one]
    return rows + [
        Row(name, (_LOST, str(result["verdict"])), 0, ("only one run has it",))
        for name, result in there.items()
    ]


def _row(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> Row:
    name = str(one["scenario"])
    if other is None:
        return Row(name, (str(one["verdict"]), _LOST), 0, ("only one run has it",))
    verdicts = (str(one["verdict"]), str(other["verdict"]))
    pairs = list(zip(one["checks"], other["checks"], strict=False))
    found = [text for a, b in pairs if (text := _difference(a, b))]
    missing = abs(len(one["checks"]) - len(other["checks"]))
    if missing:
        found.append(f"{missing} checks of one run only")
    if verdicts[0] != verdicts[1]:
        found.insert(0, f"{verdicts[0]} and {verdicts[1]}")
    return Row(name, verdicts, len(pairs), tuple(found))


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """In words; counts of packets and the like may differ, addresses of a path may not."""
    if _shape(str(one["sentence"])) != _shape(str(other["sentence"])):
        return f"{one['sentence']!r} and {other['sentence']!r}"
    if one["passed"] != other["passed"]:
        return f"{one['sentence']}: {one['seen']} and {other['seen']}"
    path = "segments" in str(one["seen"]) or "SRH" in str(one["seen"])
    if path and one["seen"] != other["seen"]:
        return f"{one['sentence']}: {one['seen']} and {other['seen']}"
    return ""


def _shape(sentence: str) -> str:
    return _NUMBER.sub("#", sentence)
