"""A run that a report is of: found by its name or its directory, and read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from testbed.errors import TestbedError
from testbed.evaluate import settings
from testbed.json_types import JsonObject
from testbed.plan.model import Plan
from testbed.records.crate import METADATA
from testbed.records.crate import parse as parse_crate
from testbed.records.digests import differing
from testbed.records.record import RunRecord
from testbed.records.store import Store
from testbed.run_report.evaluation import Evaluation, read_document, read_evaluation
from testbed.run_report.scenarios import ScenarioEvidence, read_plan, read_scenarios


@dataclass(frozen=True)
class Source:
    """One run. `standing` is that of the store; `altered`: what is not as its crate has it.

    `notes` say what could not be read.
    """

    name: str
    directory: Path
    standing: str = ""
    record: RunRecord | None = None
    evaluation: Evaluation | None = None
    scenarios: tuple[ScenarioEvidence, ...] = ()
    plan: Plan | None = None  # of the lab of an evaluation
    environment: JsonObject = field(default_factory=dict)
    files: tuple[str, ...] = ()
    crate_files: int = 0
    altered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def find_all(words: Iterable[str], store: Store, evaluations: Path) -> list[Source]:
    """The runs that are named, each once. Raises TestbedError."""
    found: dict[Path, Source] = {}
    for word in words:
        source = find(word, store, evaluations)
        found.setdefault(source.directory.resolve(), source)
    return _with_own_names(list(found.values()))


def find(word: str, store: Store, evaluations: Path) -> Source:
    """A run by its name, or a directory of `testbed evaluate` or `testbed run`.

    Raises TestbedError.
    """
    given = Path(word)
    if given.is_dir():
        return _read(given.resolve().name, given)
    if "/" in word or given.exists():
        raise TestbedError(
            f"{word}: no directory of a run",
            why="it is a file" if given.exists() else "there is nothing of that name",
            fix="testbed runs list, or give the directory of `testbed evaluate --out DIR`",
        )
    if word not in ("", ".", "..") and (evaluations / word).is_dir():
        return _read(word, evaluations / word)
    run = store.find(word)
    if not run.has_evidence:
        why = f"its evidence is gone ({run.standing}): only its record is left"
        return Source(run.name, run.path, run.standing, run.record, notes=(why,))
    return _read(run.name, run.path, run.standing, run.record)


def _read(
    name: str, directory: Path, standing: str = "", record: RunRecord | None = None
) -> Source:
    files = _list_files(directory)
    crate = None
    if (directory / METADATA).is_file():
        crate = parse_crate((directory / METADATA).read_bytes(), str(directory / METADATA))
    scenarios, notes = read_scenarios(directory)
    evaluation = None
    if (directory / settings.FILE).is_file():
        evaluation = read_evaluation(directory)
        notes += evaluation.notes
    more: list[str] = []
    plan = read_plan(directory / "plan.json", more)
    environment, why = read_document(directory / "environment.json")
    record = crate.record if crate else record
    _refuse_empty(name, directory, files, record, evaluation, scenarios)
    return Source(
        name=name,
        directory=directory,
        standing=standing,
        record=record,
        evaluation=evaluation,
        scenarios=scenarios,
        plan=plan,
        environment=environment,
        files=files,
        crate_files=len(crate.files) if crate else 0,
        altered=tuple(differing(directory, crate)) if crate else (),
        notes=(*notes, *more, *why),
    )


def _list_files(directory: Path) -> tuple[str, ...]:
    found = (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple(sorted(path.relative_to(directory).as_posix() for path in found))


def _refuse_empty(
    name: str,
    directory: Path,
    files: tuple[str, ...],
    record: RunRecord | None,
    evaluation: Evaluation | None,
    scenarios: tuple[ScenarioEvidence, ...],
) -> None:
    """Nothing measured and nothing run: there is nothing to report."""
    if scenarios or (files and record and record.command):
        return
    if evaluation and (evaluation.samples or evaluation.knb):
        return
    if evaluation:
        raise TestbedError(
            f"run {name} has no sample yet",
            where=str(directory),
            why="it was begun, and ended before its first transfer did",
            fix="give the same `testbed evaluate --out DIR` again: it goes on where it was",
        )
    raise TestbedError(
        f"{name} is not a run, or an empty one",
        where=str(directory),
        why=f"it has neither {METADATA}, nor {settings.FILE}, nor results of scenarios",
        fix="testbed runs list, or give the directory of `testbed evaluate --out DIR`",
    )


def _with_own_names(sources: list[Source]) -> list[Source]:
    """Runs of one name, from several places, are told apart by a number."""
    taken: set[str] = set()
    found = []
    for source in sources:
        names = (source.name if n == 1 else f"{source.name}-{n}" for n in range(1, 1000))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        found.append(replace(source, name=name))
    return found
