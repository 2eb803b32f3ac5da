"""Keeps the record of a run as it goes: after each outcome the crate is whole and up to date.

At the start it says that the run failed; only an end that is written says otherwise. So a run that
is killed, at any moment, leaves a crate with FailedActionStatus and all outcomes until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

from testbed.host.environment import asked
from testbed.host.files import write_atomically, write_json
from testbed.records.crate import METADATA, describe
from testbed.records.credentials import without_credentials
from testbed.records.digests import Digests
from testbed.records.environment import read_artefacts, read_environment
from testbed.records.record import Outcome, RunRecord, State
from testbed.records.source import Source
from testbed.records.store import Store


class Recorder:
    """The record of one run, in the directory of its evidence."""

    def __init__(self, store: Store, directory: Path, record: RunRecord) -> None:
        self._store, self._directory = store, directory
        self._digests = Digests(directory)
        self.record = record

    def add(self, outcome: Outcome) -> None:
        """One more part of the run has ended. Raises OSError."""
        self._update(outcomes=(*self.record.outcomes, outcome))

    def refresh(self) -> None:
        """Files of the run have grown. Raises OSError."""
        self._update()

    def begin(self) -> None:
        """The run is in the store from now on. Raises OSError."""
        self._update()
        self._store.began(self.record, self._directory)

    def end(self, state: State, error: str | None = None) -> None:
        """The run is over. Raises OSError."""
        self._update(state=state, error=error, ended=now())
        self._store.ended(self.record, self._directory)

    def _update(self, **changes: object) -> None:
        files, secret = self._digests.scan()
        self.record = self.record.model_copy(update={**changes, "left_out": tuple(secret)})
        write_json(self._directory / METADATA, describe(self.record, files))


def keep_surroundings(
    directory: Path, variables: Mapping[str, str], source: Source, goes_on: bool = False
) -> None:
    """Keep what a run is made of, and on; before a lab is entered, where another network is seen.

    A run that goes on keeps it beside what was found before. Raises OSError.
    """
    why = {"source_problem": source.problem} if source.problem else {}
    number = _free_number(directory) if goes_on else ""
    write_json(directory / f"environment{number}.json", {**read_environment(variables), **why})
    write_json(directory / f"artefacts{number}.json", read_artefacts())
    patch = directory / f"source{number}.patch"
    patch.unlink(missing_ok=True)  # of an earlier run in the same directory
    if source.patch:
        write_atomically(patch, source.patch)


def _free_number(directory: Path) -> str:
    numbers = (f"-{n}" for n in count(2))
    return next(n for n in numbers if not (directory / f"environment{n}.json").exists())


@contextmanager
def recording(store: Store, directory: Path, record: RunRecord) -> Iterator[Recorder]:
    """Record what is done within; the directory is the run's own and locked by it."""
    recorder = Recorder(store, directory, record)
    recorder.begin()
    try:
        yield recorder
    except BaseException as error:
        with suppress(OSError):  # of a full disk, which is what most likely broke it off
            recorder.end("interrupted", f"{type(error).__name__}: {error}".rstrip(": "))
        raise
    recorder.end("finished")


def own_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Of these the testbed's own, which change what a run does."""
    return {name: without_credentials(environment[name]) for name in asked(environment)}


def now() -> datetime:
    """This moment, in UTC, to the millisecond."""
    moment = datetime.now(timezone.utc)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
