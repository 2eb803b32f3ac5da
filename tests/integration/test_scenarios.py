"""Every shipped scenario passes on this machine, and a false promise is caught."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.scenario.run.registry import usual

pytestmark = pytest.mark.root

FALSE_PROMISE = '''
from testbed.scenario import Check, Testbed, scenario


@scenario(claims=[], topology="basic")
def false_promise(testbed: Testbed, check: Check) -> None:
    """Best effort is said to visit r1: it does not."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.path(source, destination, 4).uses_segments("r1")
'''


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-m", "testbed", "run", *arguments]
    command += ["--evidence", str(directory), "--junit", str(directory.parent / "junit.xml")]
    environment = {k: v for k, v in os.environ.items() if k != "TESTBED_NAME"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1100)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("all") / "evidence"
    # Of control-plane-outage: after a minute, Kubernetes tries again more than a minute later.
    done = run(directory, "--all", "--with", "seconds=10")
    print(done.stdout, done.stderr)
    return directory


@pytest.mark.parametrize("name", [s.name for s in usual()])
def test_scenario_passes(evidence: Path, name: str) -> None:
    result = json.loads((evidence / name / "result.json").read_text())
    assert result["failure"] is None
    if result.get("declared") == "kernel":
        pytest.skip(result["reason"])
    assert result["verdict"] == "pass"
    assert (evidence / name / "environment.txt").exists()


def test_a_false_promise_fails_with_what_was_expected_and_seen(tmp_path: Path) -> None:
    file = tmp_path / "false_promise.py"
    file.write_text(FALSE_PROMISE)
    done = run(tmp_path / "evidence", str(file))
    assert done.returncode == 1
    assert "FAIL: expected segments fcff:1::1" in done.stderr
    assert "evidence:" in done.stderr
    assert 'failures="1"' in (tmp_path / "junit.xml").read_text()


NOT_EXCUSED = '''
from testbed.scenario import Check, Testbed, scenario


@scenario(claims=[], topology="basic")
def not_excused(testbed: Testbed, check: Check) -> None:
    """The injector's host has no route to a pod, whatever path is named."""
    testbed.path("gobgp", testbed.pod("worker1"), 6).uses_segments("r1")
'''


def test_a_named_path_is_not_excused_by_design(tmp_path: Path) -> None:
    file = tmp_path / "not_excused.py"
    file.write_text(NOT_EXCUSED)
    done = run(tmp_path / "evidence", str(file))
    assert done.returncode == 1
    assert "FAIL: expected segments fcff:1::1" in done.stderr
