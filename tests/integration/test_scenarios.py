"""Every second shipped scenario passes on this machine, and a false promise is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.scenario_runs import half, refuse_failure, run, run_half

pytestmark = pytest.mark.root

FALSE_PROMISE = '''
from testbed.scenario import Check, Testbed, scenario


@scenario(claims=[], topology="basic")
def false_promise(testbed: Testbed, check: Check) -> None:
    """Best effort is said to visit r1: it does not."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.path(source, destination, 4).uses_segments("r1")
'''


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_half(0, tmp_path_factory.mktemp("first"))


@pytest.mark.parametrize("name", half(0))
def test_scenario_passes(evidence: Path, name: str) -> None:
    refuse_failure(evidence, name)


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
