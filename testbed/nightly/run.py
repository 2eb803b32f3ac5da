"""Runs the steps of a night one after the other, each with a log; the last good night is kept."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.host.files import write_atomically
from testbed.host.for_caller import make_directory, open_for_caller
from testbed.host.progress import Progress
from testbed.interpreter import own_program
from testbed.nightly.steps import Night, Step, is_good, steps

LIMIT = 4 * 3600.0  # seconds for one step


@dataclass(frozen=True)
class Outcome:
    """How a step ended: its exit code, None if it was not run; and what it printed."""

    step: Step
    code: int | None
    seconds: float
    log: Path


def last_good(record: Path) -> str:
    """The name of the last night that was good; empty if none was."""
    try:
        return record.read_text().strip()
    except OSError:
        return ""


def run_night(
    night: Night, record: Path, progress: Progress, execute: Callable[[Step, Path], int]
) -> list[Outcome]:
    """Run all steps, also after one that failed. A good night is written to `record`.

    Raises OSError.
    """
    make_directory(night.directory)
    outcomes: list[Outcome] = []
    for step in steps(night):
        outcomes.append(_run(step, night, outcomes, progress, execute))
    if is_good({outcome.step.name: outcome.code for outcome in outcomes}, night):
        write_atomically(record, f"{night.name}\n")
    return outcomes


def _run(
    step: Step,
    night: Night,
    before: list[Outcome],
    progress: Progress,
    execute: Callable[[Step, Path], int],
) -> Outcome:
    log = night.log(step)
    codes = {outcome.step.name: outcome.code for outcome in before}
    if step.after and codes.get(step.after) != 0:
        progress.note(f"{step.name}: not run, because {step.after} failed")
        return Outcome(step, None, 0.0, log)
    begun = time.monotonic()
    code = execute(step, log)
    seconds = time.monotonic() - begun
    progress.note(
        f"{step.name}: {'passed' if code == 0 else f'exit code {code}'} ({seconds:.0f} s)"
    )
    return Outcome(step, code, seconds, log)


def execute(step: Step, log: Path) -> int:
    """The exit code of a step's command, whose output goes into its log; 124 after LIMIT."""
    with os.fdopen(open_for_caller(log), "w") as output:
        try:
            return subprocess.run(
                own_program("testbed", *step.arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=LIMIT,
            ).returncode
        except subprocess.TimeoutExpired:
            return 124
