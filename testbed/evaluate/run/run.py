"""A whole evaluation: what can be measured here, in blocks of random order, until all is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.cases import Case
from testbed.evaluate.defaults import Extent, in_words
from testbed.evaluate.run import gate
from testbed.evaluate.run.ends import workers
from testbed.evaluate.run.iperf3 import NoTransfer
from testbed.evaluate.run.meter import Meter
from testbed.evaluate.run.take import Taker
from testbed.evaluate.sample import GIGA, Sample
from testbed.evaluate.schedule import Slot, estimate_seconds, left, plan_order
from testbed.host.progress import Progress
from testbed.plan.model import Plan
from testbed.scenario import Testbed
from testbed.scenario.api.check import Check, NotApplicable
from testbed.scenario.api.context import Context

SAMPLES = "samples.jsonl"


def take_all(
    plan: Plan,
    cases: Sequence[Case],
    extent: Extent,
    seed: int,
    directory: Path,
    progress: Progress,
    keep: Callable[[Sample], None] = lambda _: None,
) -> tuple[Sample, ...]:
    """All samples, those of an earlier call too. Raises TestbedError; what was taken is kept.

    `keep` gets each sample once it is stored.
    """
    file = directory / SAMPLES
    stored = store.read(file)
    for note in stored.notes:
        progress.note(note)
    order = plan_order([case.id for case in cases], extent.repeats, seed)
    if not left(order, stored.samples):
        return stored.samples
    context = Context(plan, Check(), directory)
    with context.restored():
        testbed = Testbed(context)
        meter = Meter(plan)
        _examine(testbed, meter, directory, progress)
        taker = Taker(testbed, meter, directory, extent)
        taker.withdraw_leftovers()
        possible = _prepare(taker, cases, progress)
        order = plan_order([case.id for case in possible], extent.repeats, seed)
        taking = Taking(taker, file, progress, list(stored.samples), keep)
        taking.take(left(order, stored.samples), extent.limit)
    return tuple(taking.done)


def _examine(testbed: Testbed, meter: Meter, directory: Path, progress: Progress) -> None:
    """What comes of it is said and kept; it keeps nobody from measuring."""
    try:
        with progress.step("is this machine quiet enough"):
            found = gate.examine(testbed.plan, meter, workers(testbed)[0])
    except TestbedError as error:
        progress.note(f"whether this machine can measure is not known: {error}")
        return
    gate.keep(directory, found)
    progress.note(found.words)


def _prepare(taker: Taker, cases: Iterable[Case], progress: Progress) -> list[Case]:
    """The cases that this lab can have."""
    possible, said = [], set[str]()
    with progress.step("pods and Services between which is measured"):
        for case in cases:
            try:
                taker.prepare(case)
                possible.append(case)
            except NotApplicable as error:
                words = f"{case.overlay}: not here, because {error}"
                if words not in said:
                    progress.note(words)
                said.add(words)
    if not possible:
        raise TestbedError("none of these cases can be measured here", fix="testbed doctor")
    return possible


@dataclass
class Taking:
    """Samples taken one after the other, each stored before the next one begins."""

    taker: Taker
    file: Path
    progress: Progress
    done: list[Sample] = field(default_factory=list)
    keep: Callable[[Sample], None] = lambda _: None  # gets each one once it is stored

    def take(self, slots: Sequence[Slot], limit: float | None) -> None:
        """All of them, or the blocks that are begun within `limit` seconds."""
        begun = time.monotonic()
        for number, slot in enumerate(slots, 1):
            passed = time.monotonic() - begun
            if limit is not None and not self._has_time(slot, slots[number - 1 :], limit - passed):
                self.progress.note(f"ends before block {slot.block}: {in_words(limit)} are over")
                return
            sample = self._take(slot)
            store.append(self.file, sample)
            self.keep(sample)
            self.done.append(sample)
            self.progress.note(_words(number, len(slots), sample, slots[number:], self.done))

    def _has_time(self, slot: Slot, rest: Sequence[Slot], seconds: float) -> bool:
        """Blocks are whole, and one of them at least is measured."""
        block = [s for s in rest if s.block == slot.block]
        is_first = not any(s.block == slot.block for s in self.done)
        if not is_first or slot.block <= 1:
            return True
        return (estimate_seconds(block, self.done) or 0) <= seconds

    def _take(self, slot: Slot) -> Sample:
        """A transfer that failed is tried once more, with pods that are looked after."""
        try:
            return self.taker.take(slot)
        except NoTransfer as failed:
            self.progress.note(f"{slot.case}: {failed.what} ({failed.why}); once more")
        self.taker.renew(slot)
        return self.taker.take(slot)


def _words(
    number: int, count: int, sample: Sample, rest: Sequence[Slot], done: Sequence[Sample]
) -> str:
    rate = sample.values.throughput_bps
    goodput = "no result" if rate is None else f"{rate / GIGA:.2f} Gbit/s"
    seconds = estimate_seconds(rest, done) or 0
    marks = "".join(f"; {mark}" for mark in sample.marks)
    return f"{number}/{count} {sample.case}: {goodput}{marks} ({in_words(seconds)} left)"
