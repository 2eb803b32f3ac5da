"""How many files a lab may hold open, and what is said where that is too few."""

from __future__ import annotations

import pytest

from testbed.doctor.open_files import judge
from testbed.plan.limits import open_files
from testbed.topology.load import load_plan


@pytest.mark.parametrize(
    ("needed", "hard", "ceiling", "may_raise", "level", "word"),
    [
        (1024, 1024, 1048576, False, "ok", "up to 1024"),
        (1024, 64, 1048576, False, "fail", "ulimit -Hn 1024"),
        (1024, 64, 1048576, True, "ok", "root raises"),
        (20000, 4096, 10000, True, "fail", "fs.nr_open=20000"),
        (1025, 1024, 1048576, False, "fail", "at most 1024"),
    ],
)
def test_limits(
    needed: int, hard: int, ceiling: int, may_raise: bool, level: str, word: str
) -> None:
    verdict = judge(needed, hard, ceiling, may_raise)
    assert verdict.level == level
    assert word in f"{verdict.seen} {verdict.fix}"


def test_the_limit_follows_the_plan() -> None:
    """Two FRR daemons of a router: a pipe and a log file each, and others while they start."""
    small, large = (
        load_plan("grid", params={"rows": rows, "columns": "20"}) for rows in ("1", "10")
    )
    assert open_files(large) - open_files(small) >= 180 * 2 * 4
