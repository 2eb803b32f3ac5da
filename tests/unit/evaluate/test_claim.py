"""What an evaluation says of the claim on throughput."""

from __future__ import annotations

import pytest

from testbed.evaluate.claim import answer
from testbed.evaluate.sample import Sample
from tests.unit.evaluate.samples import series

SRV6 = "pod-to-pod.tcp.ipv6.across.srv6.1seg.1stream"
VXLAN = "pod-to-pod.tcp.ipv6.across.vxlan.1stream"
LONGER = "pod-to-pod.tcp.ipv6.across.srv6.2seg.1stream"
STEADY = [10e9, 10.1e9, 9.9e9, 10e9, 10.05e9, 9.95e9, 10e9, 10.02e9, 9.98e9, 10e9]


def taken(factor: float, repeats: int = 10, case: str = SRV6) -> list[Sample]:
    reference = STEADY[:repeats]
    return [*series(VXLAN, reference), *series(case, [factor * x for x in reversed(reference)])]


@pytest.mark.parametrize("factor", [0.99, 1.2])
def test_comparable_or_faster_holds(factor: float) -> None:
    found = answer(taken(factor), [SRV6, VXLAN])
    assert found and (found.slower, found.open) == ((), ())
    assert found.words[0].startswith(f"{SRV6} to vxlan: ")


def test_slower_is_said_by_how_much() -> None:
    found = answer(taken(0.8), [SRV6, VXLAN])
    assert found and "slower by 20" in found.slower[0]


def test_too_few_samples_say_nothing() -> None:
    found = answer(taken(0.99, repeats=2), [SRV6, VXLAN])
    assert found and found.open and not found.slower


@pytest.mark.parametrize("case", [LONGER, f"{SRV6}.again"])
def test_only_one_segment_at_its_own_mtu_is_compared(case: str) -> None:
    assert answer(taken(0.8, case=case), [case, VXLAN]) is None


def test_without_a_legacy_overlay_there_is_no_answer() -> None:
    assert answer(series(SRV6, STEADY), [SRV6, VXLAN]) is None
