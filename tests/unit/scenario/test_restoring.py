"""What a scenario did is put back, and that never hides why it failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import CheckFailed, TestbedError
from testbed.scenario.api.check import Check
from testbed.scenario.api.context import Context
from tests.shipped_plans import shipped_plan


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(shipped_plan("basic"), Check(), tmp_path, None)


def fail_to_undo() -> None:
    raise TestbedError("the link is gone")


def test_all_is_put_back_last_first(context: Context) -> None:
    order: list[int] = []
    with context.restored():
        for number in (1, 2):
            context.undo.callback(order.append, number)
    assert order == [2, 1]


def test_the_failure_of_the_scenario_counts(context: Context) -> None:
    order: list[int] = []
    with pytest.raises(CheckFailed, match="packets lost"), context.restored():
        context.undo.callback(order.append, 1)
        context.undo.callback(fail_to_undo)
        context.check.that(3, "packets lost").equals(0)
    assert order == [1]
    assert "the link is gone" in (context.evidence / "not-put-back.txt").read_text()


def test_what_cannot_be_put_back_is_an_error(context: Context) -> None:
    with pytest.raises(TestbedError, match="the link is gone"), context.restored():
        context.undo.callback(fail_to_undo)
