"""Runs shipped scenarios as a user does, in two halves: one for each worker of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.scenario.run.registry import usual

PATIENCE = 1100  # seconds for all that one command runs
# After a minute without its API server, Kubernetes tries again more than a minute later.
SHORTER = {"control-plane-outage": ("--with", "seconds=10")}


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`testbed run`, with evidence in the directory, and JUnit beside it."""
    command = [sys.executable, "-B", "-m", "testbed", "run", *arguments]
    command += ["--evidence", str(directory), "--junit", str(directory.parent / "junit.xml")]
    environment = {k: v for k, v in os.environ.items() if k != "TESTBED_NAME"}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=PATIENCE
    )


def half(number: int) -> list[str]:
    """Every second of the scenarios of `run --all`, by name."""
    return [scenario.name for scenario in usual()][number::2]


def run_half(number: int, directory: Path) -> Path:
    """The evidence of a half's scenarios, in one run."""
    names = half(number)
    settings = [word for name in names for word in SHORTER.get(name, ())]
    done = run(directory / "evidence", *names, *settings)
    print(done.stdout, done.stderr)
    return directory / "evidence"


def refuse_failure(evidence: Path, name: str) -> None:
    """Fails, or skips what this machine's kernel cannot do."""
    result = json.loads((evidence / name / "result.json").read_text())
    assert result["failure"] is None
    if result.get("declared") == "kernel":
        pytest.skip(result["reason"])
    assert result["verdict"] == "pass"
    assert (evidence / name / "environment.txt").exists()
