"""Builds the command lines of ginkgo and e2e.test, and reads their report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.conformance.selection import FOCUS, SKIP
from testbed.errors import CheckFailed

REPORT = "report.json"
# Any: a spec in ginkgo's own report, read as ginkgo writes it
Entry = dict[str, Any]
_SKIPPED = ("skipped", "pending")


def list_command(e2e: Path, report: Path) -> list[str]:
    """List the specs in a report, without running any."""
    return [
        *(str(e2e), "--provider=skeleton", "--ginkgo.dry-run", f"--ginkgo.focus={FOCUS}"),
        f"--ginkgo.json-report={report}",
    ]


def run_command(
    ginkgo: Path, e2e: Path, kubectl: Path, directory: Path, processes: int, nodes: int
) -> list[str]:
    """Run the specs in so many processes; the report goes into `directory`.

    Without the number of nodes, specs that need two of them skip themselves.
    """
    return [
        *(str(ginkgo), "run", f"--procs={processes}", "--no-color"),
        *(f"--focus={FOCUS}", f"--skip={SKIP}"),
        *(f"--json-report={REPORT}", f"--output-dir={directory}"),
        *(str(e2e), "--", "--provider=skeleton", f"--kubectl-path={kubectl}"),
        f"--num-nodes={nodes}",
    ]


@dataclass(frozen=True)
class Spec:
    """The result of a spec. `state`: passed, failed, skipped (by itself) or not run."""

    name: str
    state: str
    seconds: float = 0.0
    reason: str = ""

    @property
    def passed(self) -> bool:
        return self.state == "passed"


@dataclass(frozen=True)
class Report:
    """The selected specs of a run, and failures outside of specs."""

    specs: tuple[Spec, ...]
    problems: tuple[str, ...] = ()


def read_report(text: str) -> Report:
    """Ginkgo's JSON report. Raises CheckFailed if it is none."""
    try:
        [suite] = json.loads(text)
        entries = suite["SpecReports"] or ()
        nodes = [e for e in entries if e["LeafNodeType"] != "It"]
        return Report(
            tuple(_read_specs(e for e in entries if e["LeafNodeType"] == "It")),
            tuple(_format_problem(e) for e in nodes if e["State"] not in ("passed", *_SKIPPED)),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CheckFailed("no report of ginkgo", why=repr(error)) from None


def judge(wanted: Sequence[str], report: Report) -> tuple[Spec, ...]:
    """The result of each selected spec; one that the report lacks counts as not run."""
    found = {spec.name: spec for spec in report.specs}
    return tuple(found.get(name) or Spec(name, "not run") for name in wanted)


def _read_specs(entries: Iterator[Entry]) -> Iterator[Spec]:
    for entry in entries:
        reason, state = _read_reason(entry), entry["State"]
        if state in _SKIPPED:
            if not reason:  # ginkgo's own selection left it out
                continue
            state = "skipped"
        elif state != "passed":  # panicked, timedout, interrupted, aborted
            reason = reason if state == "failed" else f"{state}: {reason}"
            state = "failed"
        yield Spec(_spec_name(entry), state, entry["RunTime"] / 1e9, reason)


def _spec_name(entry: Entry) -> str:
    return " ".join([*(entry["ContainerHierarchyTexts"] or ()), entry["LeafNodeText"]])


def _read_reason(entry: Entry) -> str:
    """Why it failed or skipped itself, in one line, and where in Kubernetes' source."""
    failure = entry.get("Failure") or {}
    message = " ".join(str(failure.get("Message", "")).split())[:400]
    where = failure.get("Location") or {}
    if message and where.get("FileName"):
        file = str(where["FileName"]).rpartition("k8s.io/")[2]
        message += f" ({file}:{where.get('LineNumber', 0)})"
    return message


def _format_problem(entry: Entry) -> str:
    return f"{entry['LeafNodeType']} {entry['State']}: {_read_reason(entry)}"
