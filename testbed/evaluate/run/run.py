"""A whole evaluation: what can be measured here, in blocks of random order, until all is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.run.take import Taker
from testbed.evaluate.sample import GIGA, Sample
from testbed.evaluate.schedule import Slot, estimate_seconds, left, plan_order
from testbed.host.progress import Progress
from testbed.plan.model import Plan
from testbed.scenario import Testbed
from testbed.scenario.api.check import Check, NotApplicable
from testbed.scenario.api.context import Context

SAMPLES = "samples.jsonl"


def refuse_unmeasurable(cases: Iterable[Case]) -> None:
    """Raises TestbedError for a case that no command measures yet."""
    for case in cases:
        why = _not_yet(case)
        if why:
            raise TestbedError(
                f"{case.id} is not measured yet",
                where="--cases",
                why=why,
                fix="--cases protocol=tcp,mtu=own,overlay=srv6,overlay=vxlan,overlay=none",
            )


def _not_yet(case: Case) -> str:
    if case.protocol == "udp":
        return "UDP needs a search for the highest rate without loss"
    if case.mtu == "equal":
        return "all pods have the MTU of their lab"
    if case.overlay in ("routed", "veth"):
        return f"no pods are made for {case.overlay}"
    return ""


def measurable(plan: Plan) -> tuple[Case, ...]:
    """The cases that are measured where none are chosen: TCP, one stream, all that fits."""
    return tuple(
        case
        for case in BY_ID.values()
        if not _not_yet(case) and case.streams == 1 and case.segments <= plan.max_segments
    )


def take_all(
    plan: Plan,
    cases: Sequence[Case],
    repeats: int,
    seed: int,
    seconds: int,
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
    context = Context(plan, Check(), directory)
    with context.restored():
        taker = Taker(Testbed(context), directory, seconds)
        possible = _prepare(taker, cases, progress)
        done = list(stored.samples)
        slots = left(plan_order([case.id for case in possible], repeats, seed), done)
        for number, slot in enumerate(slots, 1):
            sample = taker.take(slot)
            store.append(file, sample)
            keep(sample)
            done.append(sample)
            progress.note(_in_words(number, len(slots), sample, slots[number:], done))
    return tuple(done)


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


def _in_words(
    number: int, count: int, sample: Sample, rest: Sequence[Slot], done: Sequence[Sample]
) -> str:
    goodput = (sample.values.throughput_bps or 0) / GIGA
    seconds = estimate_seconds(rest, done) or 0
    marks = "".join(f"; {mark}" for mark in sample.marks)
    left_over = f"{seconds / 60:.0f} min left"
    return f"{number}/{count} {sample.case}: {goodput:.2f} Gbit/s{marks} ({left_over})"
