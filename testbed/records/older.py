"""Runs of testbeds that kept no record: what their evidence says of them."""

from __future__ import annotations

import json
import shlex
from datetime import datetime, timezone
from pathlib import Path

from testbed.json_types import JsonObject, as_object
from testbed.records.record import Outcome, RunRecord, Verdict

_VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "error", "not applicable")


def read_older(directory: Path) -> RunRecord:
    """The record that a run without one would have had, as schema version 0. Raises OSError."""
    results = sorted(directory.glob("*/result.json"))
    outcomes = [found for file in results if (found := _read_outcome(file)) is not None]
    command = directory / "command.txt"
    moment = datetime.fromtimestamp(directory.stat().st_mtime, timezone.utc).replace(microsecond=0)
    return RunRecord(
        schema_version=0,
        run=directory.name,
        state="finished" if outcomes else "interrupted",
        started=_start(directory.name) or moment,
        ended=moment,
        command=tuple(shlex.split(command.read_text())) if command.exists() else (),
        outcomes=tuple(outcomes),
    )


def _start(name: str) -> datetime | None:
    """When a directory that is named by its time was made; names have the machine's own time."""
    try:
        return datetime.strptime(name[:15], "%Y%m%d-%H%M%S").astimezone()
    except ValueError:
        return None


def _read_outcome(file: Path) -> Outcome | None:
    """None for a file that is no result."""
    try:
        return _outcome(as_object(json.loads(file.read_text())), file.parent.name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _outcome(data: JsonObject, directory: str) -> Outcome:
    checks = data.get("checks")
    return Outcome.model_validate(
        {
            "name": data["scenario"],
            "directory": directory,
            "verdict": data["verdict"] if data.get("verdict") in _VERDICTS else "error",
            "claims": data.get("claims") or (),
            "seconds": data.get("seconds") or 0.0,
            "checks": len(checks) if isinstance(checks, list) else 0,
            "failure": data.get("failure"),
            "reason": data.get("reason"),
            "profile": data.get("profile"),
            "topology": data.get("topology"),
            "cluster": data.get("cluster"),
            "nodes": data.get("nodes"),
        }
    )
