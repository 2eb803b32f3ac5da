"""What is read off the steps that `up` says it took."""

from __future__ import annotations

import pytest

from testbed.bench.machines import REACHED, READY
from testbed.bench.steps import REST, Steps

STEPS = Steps(
    {
        "libvirt": ("libvirt of the lab", 1.0),
        "machines": ("3 virtual machines", 28.0),
        "nodes-ready": ("every node Ready", 60.5),
        "x": ("x", 9.0),
    },
    100.0,
)


def test_time_until_a_step_counts_all_before_it() -> None:
    assert STEPS.until(REACHED) == 29.0
    assert STEPS.until(READY) == 89.5


def test_a_step_that_is_called_otherwise_now_is_noticed() -> None:
    with pytest.raises(ValueError, match="no step 'nodes-ready'"):
        Steps({"machines": ("3 virtual machines", 1.0)}, 2.0).until(READY)


def test_what_lies_outside_of_all_steps_is_counted() -> None:
    assert STEPS.by_title()[REST] == 1.5
