"""What is read off the steps that `up` says it took."""

from __future__ import annotations

import pytest

from testbed.bench.machines import REACHED, READY, until

STEPS = {"libvirt of the lab": 1.0, "3 virtual machines": 28.0, "every node Ready": 60.5, "x": 9.0}


def test_time_until_a_step_counts_all_before_it() -> None:
    assert until(STEPS, REACHED) == 29.0
    assert until(STEPS, READY) == 89.5


def test_a_step_that_is_called_otherwise_now_is_noticed() -> None:
    with pytest.raises(ValueError, match="no step 'every node Ready'"):
        until({"3 virtual machines": 1.0}, READY)
