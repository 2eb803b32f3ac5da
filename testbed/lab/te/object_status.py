"""What the status of an intent that is an object says; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from testbed.json_types import JsonObject
from testbed.lab.te.listing import IntentRow
from testbed.te.lint.findings import Finding
from testbed.te.paths import spelled

MOST, LONGEST = 200, 1000  # pairs that are listed, characters of a sentence: etcd takes 1.5 MB
_WORSE = ("Overruled", "Satisfied", "Degraded", "Unsatisfiable")
_STATES = ("Satisfied", "Degraded", "Unsatisfiable")


def decided_status(
    generation: int, rows: Sequence[IntentRow], warnings: Iterable[Finding]
) -> JsonObject:
    """Of one that counts; every field is always there, as a patch keeps what it does not name."""
    state = max((row.status for row in rows), key=_WORSE.index, default="Unsatisfiable")
    lacking = [f"{_pair(row)}: {row.why}" for row in rows if row.status == state and row.why]
    reason = _sentence(lacking) if rows else "it is about no pair of nodes"
    paths = [f"{spelled(row.path)}, {row.cost_words}" for row in rows if row.path]
    more = f"; {len(paths) - 1} more" if len(paths) > 1 else ""
    return {
        "observedGeneration": generation,
        "state": state,
        "reason": reason,
        "summary": paths[0] + more if paths else "",
        "pairsInAll": len(rows),
        "pairs": [_entry(row) for row in rows[:MOST]],
        "findings": [_said(finding) for finding in warnings],
        "conditions": [*_conditions(generation, state, reason), _arrival(generation, rows)],
    }


def refused_status(generation: int, findings: Iterable[Finding]) -> JsonObject:
    """Of one that does not count."""
    said = [_said(finding) for finding in findings]
    reason = _sentence(said)
    return {
        "observedGeneration": generation,
        "state": "Refused",
        "reason": reason,
        "summary": "",
        "pairsInAll": 0,
        "pairs": [],
        "findings": said[:MOST],
        "conditions": [*_conditions(generation, "Refused", reason), _arrival(generation, ())],
    }


def with_times(status: JsonObject, seen: JsonObject, now: str) -> JsonObject:
    """With the time since which each condition is what it is; `seen`: the status that is there."""
    conditions = [
        {**one, "lastTransitionTime": _since(one, _list(seen, "conditions")) or now}
        for one in _list(status, "conditions")
    ]
    return {**status, "conditions": conditions}


def is_told(status: JsonObject, seen: JsonObject) -> bool:
    """Does the object say just this already?"""
    return with_times(status, seen, "") == seen


def _list(status: JsonObject, key: str) -> list[JsonObject]:
    found = status.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _since(condition: JsonObject, before: Iterable[JsonObject]) -> object:
    alike = (
        one
        for one in before
        if (one.get("type"), one.get("status")) == (condition["type"], condition["status"])
    )
    return next((one.get("lastTransitionTime") for one in alike), None)


def _conditions(generation: int, state: str, reason: str) -> list[JsonObject]:
    """As Kubernetes writes them: the type that is True is the state."""
    holds = {"Accepted": state != "Refused", **{one: one == state for one in _STATES}}
    return [
        {
            "type": kind,
            "status": "True" if true else "False",
            "reason": "Accepted" if kind == "Accepted" and true else state,
            "message": "" if kind == "Accepted" and true else reason,
            "observedGeneration": generation,
        }
        for kind, true in holds.items()
    ]


def _arrival(generation: int, rows: Iterable[IntentRow]) -> JsonObject:
    """Have the head ends the policies? Those that report nothing may have."""
    told = [row for row in rows if row.arrived is not None]
    missing = list(dict.fromkeys(row.head_end for row in told if not row.arrived))
    status = "Unknown" if not told else "False" if missing else "True"
    return {
        "type": "Arrived",
        "status": status,
        "reason": {"True": "AtHeadEnds", "False": "NotAtHeadEnds"}.get(status, "NoPolicy"),
        "message": _sentence(
            [f"{', '.join(missing)} without it: testbed status"] if missing else []
        ),
        "observedGeneration": generation,
    }


def _entry(row: IntentRow) -> JsonObject:
    entry: JsonObject = {
        "from": row.head_end,
        "to": row.endpoint,
        "families": [f"IPv{family}" for family in row.families],
        "state": row.status,
        "reason": _sentence([row.why]),
        "path": list(row.path),
        "segments": list(row.segments),
        "backup": list(row.backup),
        "backupSegments": list(row.backup_segments),
    }
    return entry if row.cost is None else {**entry, "cost": row.cost, "unit": row.unit}


def _pair(row: IntentRow) -> str:
    versions = ", ".join(f"IPv{family}" for family in row.families)
    return f"{row.head_end} → {row.endpoint}, {versions}"


def _said(finding: Finding) -> str:
    warning = "warning: " if finding.severity == "warning" else ""
    return warning + finding.what + (f"; fix: {finding.fix}" if finding.fix else "")


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
