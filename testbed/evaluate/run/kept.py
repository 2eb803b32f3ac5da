"""An evaluation as a run of the store: what is kept before its lab is entered, and its record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.evaluate.recording import earlier_record
from testbed.evaluate.run.alone import alone
from testbed.evaluate.run.links import keep_links
from testbed.evaluate.settings import Settings, keep
from testbed.host.labs import LabDir
from testbed.host.progress import Progress
from testbed.lab.repeatable import keep_lab
from testbed.lab.state import enter
from testbed.plan.model import Plan
from testbed.records.record import RunRecord
from testbed.records.recorder import Recorder, keep_surroundings, recording
from testbed.records.source import Source
from testbed.records.store import Store
from testbed.scenario.run.evidence import keep_sysctls


@contextmanager
def kept_run(
    lab: LabDir,
    plan: Plan,
    directory: Path,
    settings: Settings,
    record: RunRecord,
    source: Source,
    store: Store,
    progress: Progress,
) -> Iterator[tuple[Plan, Recorder]]:
    """Enter the lab for good, and record what is done within. `record` is that of a new run.

    Raises TestbedError; also where the directory has another evaluation, or somebody is at work.
    """
    with alone(directory, lab.path / "run"):  # as `testbed run -n`
        goes_on = keep(directory, settings)
        if goes_on:
            progress.note(f"goes on in {directory}")
            record = earlier_record(directory) or record
        keep_surroundings(directory, record.environment, source, goes_on)
        if not goes_on:
            keep_lab(directory, lab, plan)
        inside = enter(lab)
        keep_links(directory, inside, goes_on, progress)
        keep_sysctls(inside, directory)
        with recording(store, directory, record) as recorder:
            yield inside, recorder
