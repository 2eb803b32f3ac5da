"""Samples as a run would have taken them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from testbed.evaluate.sample import Sample, Values

START = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def sample(
    case: str = "a",
    block: int = 1,
    throughput: float | None = 10e9,
    *,
    seconds: float = 3,
    marks: tuple[str, ...] = (),
) -> Sample:
    """Of block 0 it is a warm-up."""
    return Sample(
        case=case,
        block=block,
        position=block,
        kind="measured" if block else "warm-up",
        started=START,
        seconds=seconds,
        values=Values(throughput_bps=throughput),
        marks=marks,
        path="all 8 probes: fcff:6::1",
    )


def series(case: str, throughputs: Iterable[float | None]) -> list[Sample]:
    """One sample per block, from block 1."""
    return [sample(case, block, value) for block, value in enumerate(throughputs, 1)]
