"""Logs of a lab that stands for long: bounded on disk, and followed over each rotation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host.supervisor import Program
from testbed.host.wait import wait_for
from testbed.lab.events.logs import Logs
from tests.integration.supervised import PATIENCE, Supervised, supervised
from tests.paper_plan import paper_plan

pytestmark = pytest.mark.root

LINE = "2026-11-26T00:00:00.{0:03}Z INFO testbed.agent.changes: pod: {1:06} {2}\n"
LINES, PARTS = 3000, 6  # of a KB each: 18 MB in all
BOUND = 5 * 1024 * 1024
SPARE = 1024 * 1024  # supervisord looks at a log's size once it has written what it read


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Supervised]:
    with supervised(tmp_path) as found:
        os.mkfifo(tmp_path / "said")
        # it holds both ends of the FIFO, so that it reads on; and is one process, which ends
        says = f"exec cat <> {tmp_path}/said"
        found.add([Program("worker1.agent", "", ("sh", "-c", says))])
        yield found


def test_a_log_is_bounded_and_followed_over_its_rotations(
    running: Supervised, tmp_path: Path
) -> None:
    (tmp_path / "nodes").mkdir()
    logs = Logs(paper_plan(), tmp_path, tmp_path / "nodes")
    seen: list[str] = []
    for part in range(PARTS):
        numbers = range(part * LINES, (part + 1) * LINES)
        with (tmp_path / "said").open("w") as said:
            said.writelines(LINE.format(0, number, "x" * 960) for number in numbers)

        def probe(wanted: int = numbers.stop) -> tuple[bool | None, str]:
            seen.extend(event.what.split()[0] for event in logs.new_events())
            return (len(seen) >= wanted or None), f"{len(seen)} events"

        wait_for(f"{numbers.stop} events", probe, PATIENCE)
    assert sorted(seen) == [f"{number:06}" for number in range(PARTS * LINES)]
    files = {f.name: f.stat().st_size for f in running.place.logs.glob("worker1.agent.log*")}
    assert set(files) == {"worker1.agent.log", "worker1.agent.log.1"}
    assert max(files.values()) <= BOUND + SPARE
