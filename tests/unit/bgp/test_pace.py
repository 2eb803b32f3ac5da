"""Very many paths are read at a pace, few at once."""

from __future__ import annotations

import pytest

from testbed.bgp.pace import MANY, Pace


@pytest.mark.parametrize(
    ("paths", "took", "later", "left"),
    [
        (MANY, 0.1, 0.0, 0.4),
        (MANY, 0.1, 0.3, 0.1),
        (MANY, 0.1, 9.0, 0.0),  # a change that comes alone waits for nothing
        (MANY, 60.0, 0.0, 5.0),
        (MANY - 1, 60.0, 0.0, 0.0),
    ],
)
def test_how_long_changes_are_gathered(paths: int, took: float, later: float, left: float) -> None:
    now = [100.0]
    pace = Pace(lambda: now[0])
    assert pace.seconds_left() == 0
    begun = now[0]
    now[0] += took
    pace.note_read(begun, paths)
    now[0] += later
    assert pace.seconds_left() == pytest.approx(left)


def test_few_paths_do_not_undo_the_rest_after_many() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    now[0] = 1.0
    pace.note_read(0.0, MANY)
    pace.note_read(0.0, 3)
    assert pace.seconds_left() == 4.0
