"""Two runs of the same scenarios, check by check: what one kind of nodes does, so must others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError

# What may differ between the kinds of nodes, and why; nothing else is excused.
DECLARED = {
    "time": "machines that are emulated in software are slower; streams have a tenth of the rate",
    "kernel": "a machine has its own: End.DT4 in a VRF takes IPv4 out, in namespaces End.DX4 may; "
    "it has IP-in-IP, which that of namespaces may lack",
    "patience": "time limits are six times as long; a dead node is missed after 40 s, not 6 s",
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


def kept(evidence: Path) -> list[dict[str, Any]]:
    """The results of a run, from its evidence. Raises TestbedError if there are none to compare."""
    files = sorted(evidence.glob("*/result.json"))
    if not files:
        raise TestbedError(f"no results in {evidence}", fix="give what `testbed run` left there")
    return [_kept(file) for file in files]


def _kept(file: Path) -> dict[str, Any]:
    try:
        result = dict(json.loads(file.read_text()))
        comparable = all({"claim", "path"} <= check.keys() for check in result["checks"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TestbedError("not a scenario's result", where=str(file), why=repr(error)) from None
    if not comparable:
        why = "an older testbed wrote it, which kept less of a check"
        raise TestbedError(f"{file} cannot be compared", why=why, fix="run the scenario again")
    return result


def compare(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows in the order of the first run; a scenario that one run lacks is a difference."""
    here, there = ({str(r["scenario"]): r for r in run} for run in (one, other))
    return [
        _row(name, here.get(name, _nothing), there.get(name, _nothing)) for name in here | there
    ]


_nothing: Mapping[str, Any] = {"verdict": "is not there", "seconds": 0.0, "checks": []}


def _row(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Row:
    verdicts = (str(one["verdict"]), str(other["verdict"]))
    seconds = (float(one["seconds"]), float(other["seconds"]))
    if excused := _excused(one, other):
        return Row(name, verdicts, seconds, 0, 0, (), excused)
    pairs = list(zip(one["checks"], other["checks"], strict=False))
    found = [text for a, b in pairs if (text := _difference(a, b))]
    missing = abs(len(one["checks"]) - len(other["checks"]))
    if missing:
        found.append(f"{missing} checks of one run only")
    if verdicts[0] != verdicts[1]:
        found.insert(0, f"{verdicts[0]} and {verdicts[1]}")
    return Row(
        name,
        verdicts,
        seconds,
        len(pairs),
        sum(a["path"] and a["passed"] and not _difference(a, b) for a, b in pairs),
        tuple(found),
    )


def _excused(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Why a scenario is not applicable to one of the runs; empty unless the other passed."""
    for without, rest in ((one, other), (other, one)):
        if without.get("declared") in DECLARED and rest["verdict"] == "pass":
            return str(without["reason"])
    return ""


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """In words; counts of packets and the like may differ, addresses of a path may not."""
    if _shape(one["claim"]) != _shape(other["claim"]):
        return f"{one['claim']!r} and {other['claim']!r}"
    if one["passed"] != other["passed"] or (one["path"] and one["seen"] != other["seen"]):
        return f"{one['claim']}: {one['seen']} and {other['seen']}"
    return ""


def _shape(claim: str) -> str:
    return _PICKED.sub("#", claim)
