"""Records, stores and evidence for the tests of runs; no lab is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from testbed.host.lock import locked_directory
from testbed.records.record import Outcome, RunRecord
from testbed.records.recorder import Recorder, keep_surroundings, recording
from testbed.records.source import Source
from testbed.records.store import Store

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
COMMIT = "0123456789" * 4


def record(name: str = "20260102-030405", days: int = 0, **fields: object) -> RunRecord:
    """A run that began `days` after START, and has not ended."""
    common: dict[str, object] = {
        "run": name,
        "started": START + timedelta(days=days),
        "command": ("testbed", "run", "smoke"),
        "commit": COMMIT,
        "machine": "2 × a processor",
        "environment": {"TESTBED_CLUSTER": "none"},
    }
    return RunRecord.model_validate({**common, **fields})


def outcome(name: str = "smoke", **fields: object) -> Outcome:
    """A scenario that passed."""
    common: dict[str, object] = {
        "name": name,
        "directory": name,
        "verdict": "pass",
        "claims": ("C11",),
        "checks": 4,
        "ended": START + timedelta(minutes=1),
        "nodes": "namespace",
        "cluster": "none",
        "topology": "full",
        "profile": "fast",
    }
    return Outcome.model_validate({**common, **fields})


def leave_files(directory: Path, name: str = "smoke") -> None:
    """What a scenario leaves."""
    (directory / name).mkdir(parents=True, exist_ok=True)
    (directory / name / "result.json").write_text("{}\n")
    (directory / name / "a path.pcapng").write_bytes(bytes(range(256)))


@contextmanager
def going_on(store: Store, run: RunRecord, source: Source | None = None) -> Iterator[Recorder]:
    """A run in the store, as `testbed run` has it: its directory is locked by it."""
    directory = store.directory / run.run
    with locked_directory(directory, 0.0, 0o755):
        keep_surroundings(directory, run.environment, source or Source(COMMIT))
        with recording(store, directory, run) as recorder:
            yield recorder


def make_run(store: Store, run: RunRecord, *outcomes: Outcome) -> Path:
    """A run that has ended; its directory."""
    with going_on(store, run) as recorder:
        for one in outcomes or (outcome(),):
            leave_files(store.directory / run.run, one.directory)
            recorder.add(one)
    return store.directory / run.run
