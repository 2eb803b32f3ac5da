"""The loop over samples: what fails, what is interrupted, a disk that is full, a limit of time."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest

from testbed.errors import CheckFailed, TestbedError
from testbed.evaluate import store
from testbed.evaluate.run.iperf3 import NoTransfer
from testbed.evaluate.run.run import Taking
from testbed.evaluate.run.take import Taker
from testbed.evaluate.sample import Sample
from testbed.evaluate.schedule import Slot, left, plan_order
from testbed.host.progress import Progress
from tests.unit.evaluate.samples import sample

ORDER = plan_order(["a", "b"], repeats=2, seed=1)
HANGS = NoTransfer("iperf3 hangs", why="its time is over")
GONE = TestbedError("pods evaluate-srv6-client not found")


class FakeTaker:
    """Fails as it is told: position → errors, one per attempt."""

    def __init__(self, failures: dict[int, list[BaseException]] | None = None) -> None:
        self.failures = failures or {}
        self.renewed: list[int] = []
        self.taken: list[int] = []

    def take(self, slot: Slot) -> Sample:
        if self.failures.get(slot.position):
            raise self.failures[slot.position].pop(0)
        self.taken.append(slot.position)
        return sample(slot.case, slot.block).model_copy(update={"position": slot.position})

    def renew(self, slot: Slot) -> None:
        self.renewed.append(slot.position)


def take(
    taker: FakeTaker,
    file: Path,
    slots: Iterable[Slot] = ORDER,
    limit: float | None = None,
    done: Iterable[Sample] = (),
) -> Progress:
    progress = Progress(quiet=True)
    Taking(cast(Taker, taker), file, progress, list(done)).take(list(slots), limit)
    return progress


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "samples.jsonl"


def positions(file: Path) -> list[int]:
    return [found.position for found in store.read(file).samples]


def test_all_samples_are_stored_in_order(file: Path) -> None:
    take(FakeTaker(), file)
    assert positions(file) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "failure",
    [HANGS, NoTransfer("iperf3 crashed"), NoTransfer("no transfer", why="pod not found")],
    ids=["hangs", "crashes", "evicted"],
)
def test_a_transfer_that_fails_once_is_taken_again(file: Path, failure: NoTransfer) -> None:
    taker = FakeTaker({2: [failure]})
    progress = take(taker, file)
    assert positions(file) == [0, 1, 2, 3, 4, 5]
    assert taker.renewed == [2]
    assert any(failure.what in event.title for event in progress.events)


@pytest.mark.parametrize(
    "failures",
    [[HANGS, HANGS], [CheckFailed("another path")], [GONE], [KeyboardInterrupt()]],
    ids=["twice", "path", "node", "interrupted"],
)
def test_what_was_measured_is_kept_and_the_same_command_goes_on(
    file: Path, failures: list[BaseException]
) -> None:
    error = failures[-1]
    with pytest.raises(type(error)):
        take(FakeTaker({3: failures}), file)
    assert positions(file) == [0, 1, 2]
    stored = store.read(file).samples
    take(FakeTaker(), file, left(ORDER, stored), done=stored)
    assert positions(file) == [0, 1, 2, 3, 4, 5]


def test_a_disk_that_gets_full(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    take(FakeTaker(), file, ORDER[:2])
    with monkeypatch.context() as patch, pytest.raises(TestbedError, match="could not be stored"):
        patch.setattr(os, "fsync", full)
        take(FakeTaker(), file, ORDER[2:])
    stored = store.read(file).samples
    assert [found.position for found in stored][:2] == [0, 1]
    take(FakeTaker(), file, left(ORDER, stored), done=stored)
    assert sorted(set(positions(file))) == [0, 1, 2, 3, 4, 5]


def test_a_limit_ends_before_a_block_that_would_not_fit(file: Path) -> None:
    """A warm-up and one block are measured in any case; each sample is said to take 3 s."""
    progress = take(FakeTaker(), file, limit=1)
    assert positions(file) == [0, 1, 2, 3]
    assert progress.events[-1].title == "ends before block 2: 1 s are over"


def test_a_block_that_was_begun_is_finished(file: Path) -> None:
    stored = [sample(s.case, s.block).model_copy(update={"position": 0}) for s in ORDER[:5]]
    take(FakeTaker(), file, left(ORDER, stored), limit=1, done=stored)
    assert positions(file) == [5]


def test_enough_time_is_enough(file: Path) -> None:
    take(FakeTaker(), file, limit=60)
    assert positions(file) == [0, 1, 2, 3, 4, 5]


def test_a_clock_that_is_set_back_shortens_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(1_000_000, 0, -3600))
    monkeypatch.setattr(time, "time", lambda: float(next(times)))
    take(FakeTaker(), file, limit=60)
    assert positions(file) == [0, 1, 2, 3, 4, 5]
