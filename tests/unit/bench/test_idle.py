"""How busy a lab is that has nothing to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from testbed.bench.idle import busy_seconds, cpu_seconds, share_of_core


@pytest.mark.parametrize(
    ("before", "after", "seconds", "share"),
    [(3.0, 3.0, 10.0, 0.0), (3.0, 3.25, 10.0, 2.5), (0.0, 15.0, 10.0, 150.0)],
)
def test_share_of_one_core(before: float, after: float, seconds: float, share: float) -> None:
    assert share_of_core(before, after, seconds) == pytest.approx(share)


def test_a_child_that_ended_counts_where_it_was_waited_for() -> None:
    """user, system, of children user, system; what waits for the disk is not busy."""
    parent, child = (1.0, 0.5, 0.0, 0.0, 9.0), (0.25, 0.25, 0.0, 0.0, 9.0)
    assert busy_seconds([parent, child]) == 2.0
    assert busy_seconds([(1.0, 0.5, 0.25, 0.25, 9.0)]) == 2.0


def test_what_descendants_used_is_counted() -> None:
    """One that lives on and one that has ended, which do the same work."""
    work = f"{sys.executable} -c 'sum(range(40_000_000))'"
    lasting = f"{sys.executable} -c 'sum(range(40_000_000)); print(flush=True); input()'"
    with subprocess.Popen(
        ["sh", "-c", f"{work}; {lasting}; true"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout is not None and shell.stdin is not None
        shell.stdout.readline()
        used = cpu_seconds(shell.pid)
        shell.stdin.write("\n")
        shell.stdin.close()
        shell.wait()
    alone = subprocess.run(
        [sys.executable, "-c", "import os; sum(range(40_000_000)); print(sum(os.times()[:2]))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert used > 1.5 * float(alone.stdout)  # of both, not of one
