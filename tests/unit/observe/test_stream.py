"""A numbered stream's sender keeps its rate, also when it gets no processor."""

from __future__ import annotations

import time
from typing import Any

import pytest

from testbed.observe.stream import NUMBER, emit


class Ends:
    """A socket that remembers, and a clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent: list[tuple[float, int]] = []

    def sendto(self, data: bytes, _target: Any) -> None:
        self.sent.append((self.now, NUMBER.unpack(data)[1]))

    def stopped(self, seconds: float) -> bool:
        """One long pause, as of a machine that is busy with others."""
        self.now += 5.0 if len(self.sent) == 50 else seconds
        return len(self.sent) == 200


def test_a_pause_is_not_made_up_for_in_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: Any = Ends()
    monkeypatch.setattr(time, "monotonic", lambda: ends.now)
    for _ in emit(ends, ("::1", 1), 7, 100, ends.stopped):
        pass
    times = [at for at, _ in ends.sent]
    assert [number for _, number in ends.sent] == list(range(200))
    assert times[49] == pytest.approx(0.49) and times[50] == pytest.approx(5.49)
    assert times.count(times[50]) <= 12  # what a tenth of a second is worth
    assert times[199] == pytest.approx(5.49 + (149 / 100 - 0.1))
