"""What the record of an evaluation has; an outcome for each case that has all of its samples."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from testbed import __version__
from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.sample import Sample
from testbed.host.machine import machine
from testbed.plan.model import Plan
from testbed.records.claims.paper import COMPARISON
from testbed.records.crate import METADATA, parse
from testbed.records.credentials import without_credentials
from testbed.records.record import Outcome, RunRecord, Verdict
from testbed.records.recorder import Recorder, now, own_variables
from testbed.records.source import Source

if TYPE_CHECKING:
    from testbed.evaluate.claim import Answer


def new_record(
    name: str,
    command: Sequence[str],
    options: Mapping[str, str],
    seed: int,
    source: Source,
    replays: str = "",
) -> RunRecord:
    """The record of an evaluation that begins now; `options` are those of the command."""
    return RunRecord(
        run=name,
        kind="evaluation",
        started=now(),
        command=tuple(map(without_credentials, command)),
        caller=os.environ.get("SUDO_USER") or os.environ.get("USER", ""),
        version=__version__,
        commit=source.commit,
        changed=source.changed,
        machine=machine(),
        options=options,
        seeds={"order": seed},
        environment=own_variables(os.environ),
        replays=replays,
    )


def earlier_record(directory: Path) -> RunRecord | None:
    """That of a run which goes on, as running again; None where there is none."""
    file = directory / METADATA
    try:
        record = parse(file.read_bytes(), str(file)).record
    except (OSError, TestbedError):  # no crate, as of an older testbed, or half of a hand's work
        return None
    return record.model_copy(update={"state": "running", "ended": None, "error": None})


def outcome_of_knb(plan: Plan) -> Outcome:
    """The five transfers of knb have ended."""
    return Outcome(
        name="knb",
        directory="raw",
        verdict="pass",
        ended=now(),
        profile=plan.profile,
        topology=plan.topology,
        cluster=plan.kind["cluster"],
        nodes=plan.kind["nodes"],
    )


class Keeper:
    """Keeps the record of an evaluation while samples are taken. `file` is that of the samples."""

    def __init__(
        self, recorder: Recorder, plan: Plan, cases: Iterable[str], repeats: int, file: Path
    ) -> None:
        self._recorder, self._plan = recorder, plan
        self._cases, self._repeats = tuple(cases), repeats
        self._samples = list(store.read(file).samples)

    def add(self, sample: Sample) -> None:
        """A sample was stored."""
        self._samples.append(sample)
        if sample.is_measured and self._count()[sample.case] == self._repeats:
            self._recorder.add(self._outcome(sample.case))
        else:
            self._recorder.refresh()

    def end(self) -> None:
        """All samples are there; what has none could not be measured here."""
        known = {outcome.name for outcome in self._recorder.record.outcomes}
        for case in self._cases:
            if case not in known:
                self._recorder.add(self._outcome(case))
        from testbed.evaluate.claim import answer  # numpy: see testbed.cli.evaluate

        found = answer(self._samples, self._cases)
        if found and COMPARISON not in known:
            self._recorder.add(self._comparison(found))

    def _count(self) -> Counter[str]:
        return Counter(sample.case for sample in self._samples if sample.is_measured)

    def _comparison(self, found: Answer) -> Outcome:
        """What all of it says of the claim that it is for."""
        slower, missing = found.slower, found.open
        verdict: Verdict = "fail" if slower else "not enough data" if missing else "pass"
        return Outcome(
            name=COMPARISON,
            directory=COMPARISON,
            verdict=verdict,
            failed=slower,
            failure="; ".join(slower) or None,
            reason=None if slower else "; ".join(missing) or None,
            checks=len(found.words),
            ended=now(),
            profile=self._plan.profile,
            topology=self._plan.topology,
            cluster=self._plan.kind["cluster"],
            nodes=self._plan.kind["nodes"],
        )

    def _outcome(self, case: str) -> Outcome:
        own = [sample for sample in self._samples if sample.case == case]
        return Outcome(
            name=case,
            directory=case,
            verdict="pass" if own else "not applicable",
            reason=None if own else "this lab cannot have it",
            seconds=sum(sample.seconds for sample in own),
            checks=len(own),  # a proof of path each
            ended=now(),
            profile=self._plan.profile,
            topology=self._plan.topology,
            cluster=self._plan.kind["cluster"],
            nodes=self._plan.kind["nodes"],
        )
