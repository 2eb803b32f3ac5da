"""What `testbed runs` prints as data, and as tables for people."""

from __future__ import annotations

import textwrap
from collections import Counter
from datetime import datetime
from pathlib import Path

from typing_extensions import TypedDict

from testbed.records.record import Kind, Outcome, RunRecord, Verdict
from testbed.records.store import Standing, StoredRun

_NAME = 11  # characters


class RunRow(TypedDict):
    """A run in short. `failure` is None if all went well."""

    run: str
    kind: Kind
    standing: Standing
    started: datetime
    ended: datetime | None
    verdicts: dict[Verdict, int]
    scenarios: list[str]
    nodes: list[str]
    clusters: list[str]
    commit: str
    changed: bool
    failure: str | None
    evidence: Path
    replays: str


class RunDetails(TypedDict):
    """A run with its record. `differing`: what is not as its crate has it, a sentence each."""

    run: str
    standing: Standing
    evidence: Path
    files: int
    bytes: int
    differing: list[str]
    record: RunRecord


class PrunedRow(TypedDict):
    """A run whose evidence was removed, or would be (`--dry-run`), and its length."""

    run: str
    bytes: int
    removed: bool


def row(run: StoredRun) -> RunRow:
    """A run in short."""
    outcomes = run.record.outcomes
    return {
        "run": run.name,
        "kind": run.record.kind,
        "standing": run.standing,
        "started": run.record.started,
        "ended": run.record.ended,
        "verdicts": dict(Counter(outcome.verdict for outcome in outcomes)),
        "scenarios": list(dict.fromkeys(outcome.name for outcome in outcomes)),
        "nodes": sorted({outcome.nodes for outcome in outcomes if outcome.nodes}),
        "clusters": sorted({outcome.cluster for outcome in outcomes if outcome.cluster}),
        "commit": run.record.commit,
        "changed": run.record.changed,
        "failure": run.record.failure,
        "evidence": run.path,
        "replays": run.record.replays,
    }


def cells(row: RunRow) -> list[str]:
    """run, standing, verdicts, scenarios, nodes, commit."""
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in row["verdicts"].items())
    commit = row["commit"][:7] + ("+" if row["changed"] and row["commit"] else "")
    return [
        row["run"],
        row["standing"],
        verdicts or "-",
        _what(row),
        ", ".join(row["nodes"]) or "-",
        commit or "-",
    ]


def _what(row: RunRow) -> str:
    """Scenarios by name; cases of an evaluation have long ones, and are many."""
    if row["kind"] == "evaluation":
        return f"evaluation, {len(row['scenarios'])} cases done"
    return ", ".join(row["scenarios"]) or "-"


def facts(details: RunDetails, width: int | None) -> list[str]:
    """What is said of a run before its outcomes: lines of a name and a value."""
    record = details["record"]
    source = f"commit {record.commit}" if record.commit else "commit not known"
    found = {
        "run": details["run"],
        "standing": details["standing"],
        "failure": record.failure or "",
        "command": " ".join(record.command),
        "replays": record.replays,
        "started": _time(record.started),
        "ended": _time(record.ended),
        "source": source + (", changed" if record.changed else ""),
        "machine": record.machine,
        "evidence": str(details["evidence"]),
        "files": _integrity(details),
        "left out": ", ".join(record.left_out),
    }
    return [line for name, value in found.items() if value for line in _fact(name, value, width)]


def _fact(name: str, value: str, width: int | None) -> list[str]:
    """`width`: of the terminal; None where a line may have any length."""
    head, indent = f"{name:{_NAME}}", " " * _NAME
    if width is None:
        return [head + value]
    return textwrap.wrap(
        value,
        width,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def outcome_cells(outcome: Outcome) -> list[str]:
    """scenario, verdict, claims, checks, seconds, nodes, and what failed."""
    said = outcome.failure if outcome.is_wrong else outcome.reason
    return [
        outcome.directory,
        outcome.verdict,
        " ".join(outcome.claims) or "-",
        str(outcome.checks),
        f"{outcome.seconds:.1f}",
        outcome.nodes or "-",
        (said or "").partition("\n")[0],
    ]


def _time(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %z") if moment else ""


def _integrity(details: RunDetails) -> str:
    if not details["files"]:
        return "no crate"
    said = f"{details['files']}, {details['bytes'] / 1e6:.1f} MB"
    if details["differing"]:
        return f"{said}; changed since: {'; '.join(details['differing'])}"
    return f"{said}, each as it was recorded"
