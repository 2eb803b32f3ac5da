"""What costs much is done at a pace, the first time at once."""

from __future__ import annotations

import pytest

from testbed.bgp.pace import Pace


@pytest.mark.parametrize(
    ("took", "later", "left"),
    [
        (0.1, 0.0, 0.4),
        (0.1, 0.3, 0.1),
        (0.1, 9.0, 0.0),  # a change that comes alone waits for nothing
        (60.0, 0.0, 5.0),
    ],
)
def test_how_long_changes_are_gathered(took: float, later: float, left: float) -> None:
    now = [100.0]
    pace = Pace(5.0, lambda: now[0])
    assert pace.seconds_left() == 0
    begun = now[0]
    now[0] += took
    pace.note(begun)
    now[0] += later
    assert pace.seconds_left() == pytest.approx(left)
