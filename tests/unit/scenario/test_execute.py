"""One scenario's verdict, and when its evidence is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from testbed.errors import TestbedError
from testbed.scenario.api.check import Check, NotApplicable
from testbed.scenario.run import execute_main
from testbed.scenario.run.registry import Scenario


class FakeTestbed:
    """Enough of a testbed to see in which order things happen."""

    def __init__(self) -> None:
        self.check, self.plan, self.evidence = Check(), None, Path("nowhere")
        self.order: list[str] = []

    @contextmanager
    def restored(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.order.append("put back")


def passes(_testbed: FakeTestbed, check: Check) -> None:
    check.that(1, "one").equals(1)


def fails(_testbed: FakeTestbed, check: Check) -> None:
    check.that(1, "one").equals(2)


def errs(_testbed: FakeTestbed, _check: Check) -> None:
    raise TestbedError("no such pod")


def breaks(_testbed: FakeTestbed, _check: Check) -> None:
    raise ZeroDivisionError


def is_unable(_testbed: FakeTestbed, _check: Check) -> None:
    raise NotApplicable("the kernel of worker1 has no IP-in-IP", fix="modprobe ipip")


def is_idle(_testbed: FakeTestbed, _check: Check) -> None:
    """It checks nothing."""


def is_set(_testbed: FakeTestbed, check: Check, seconds: int = 60) -> None:
    check.that(seconds, "seconds").equals(5)


@pytest.mark.parametrize(
    ("function", "verdict", "words"),
    [
        (passes, "pass", None),
        (fails, "fail", "one equals 2"),
        (errs, "error", "no such pod"),
        (breaks, "error", "ZeroDivisionError"),
        (is_idle, "error", "checked nothing"),
        (is_set, "pass", None),
        (is_unable, "not applicable", None),
    ],
)
def test_verdicts_and_evidence_before_anything_is_put_back(
    function: Callable[..., None],
    verdict: str,
    words: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    testbed: Any = FakeTestbed()
    monkeypatch.setattr(execute_main, "keep_evidence", lambda *_: testbed.order.append("evidence"))
    scenario = Scenario("x", Path("x.py"), "X.", (), "full", function=function)
    settings = {"seconds": 5} if function is is_set else {}
    outcome = execute_main._run_scenario(scenario, testbed, settings, execute_main._Clock())
    assert outcome.verdict == verdict
    assert testbed.order == ["evidence", "put back"]
    assert outcome.failure is None if words is None else words in str(outcome.failure)
    assert ("modprobe ipip" in (outcome.reason or "")) == (function is is_unable)
