"""Whether a machine can measure at all."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from testbed.evaluate.figures.stability import Stability, judge, variation_of
from testbed.evaluate.sample import Disturbance

NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
STEADY = [20e9, 20.1e9, 19.9e9, 20e9, 20.2e9]


def test_equal_transfers_of_a_quiet_machine() -> None:
    found = judge(NOW, STEADY, Disturbance(busy=0.9))
    assert found.findings == ()
    assert found.words == "this machine can measure: one veth pair carries 20.0 Gbit/s ± 0.6 %"
    assert Stability.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("rates", "disturbed", "finding"),
    [
        ([20e9, 10e9, 20e9, 15e9, 20e9], Disturbance(), "equal transfers vary by 26 %"),
        (STEADY, Disturbance(steal=0.1), "steal: 10 % of the processors"),
        (STEADY[:3], Disturbance(), "3 of 5 transfers gave a result"),
        ([], Disturbance(), "0 of 5 transfers gave a result"),
    ],
)
def test_one_that_is_not(rates: list[float], disturbed: Disturbance, finding: str) -> None:
    found = judge(NOW, rates, disturbed)
    assert finding in found.words
    assert found.words.startswith("this machine is not quiet: ")


def test_one_transfer_does_not_vary() -> None:
    assert variation_of([1e9]) == variation_of([]) == variation_of([0, 0]) == 0
