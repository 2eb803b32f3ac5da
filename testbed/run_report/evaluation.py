"""What `testbed evaluate` left in a directory."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from testbed.errors import TestbedError
from testbed.evaluate import settings, store
from testbed.evaluate.figures.stability import Stability
from testbed.evaluate.sample import Sample
from testbed.evaluate.settings import Settings
from testbed.json_types import JsonObject, as_object

SAMPLES = "samples.jsonl"
_NUMBERS = re.compile(r"[0-9][0-9.,]*")
STABILITY, KNB = "stability.jsonl", "knb.json"


@dataclass(frozen=True)
class Evaluation:
    """What was asked for, and all samples; `notes` say what in the files is none."""

    settings: Settings
    samples: tuple[Sample, ...]
    notes: tuple[str, ...] = ()
    stability: tuple[Stability, ...] = ()  # of the machine, at each start
    knb: JsonObject = field(default_factory=dict)  # of `--profile knb`, which takes no samples

    def marks(self) -> dict[str, int]:
        """What disturbed measured samples, and how many of them; one sentence for its kind."""
        given = [mark for s in self.samples if s.is_measured for mark in s.marks]
        examples = {_NUMBERS.sub("#", mark): mark for mark in reversed(given)}
        counts = Counter(_NUMBERS.sub("#", mark) for mark in given)
        return {examples[kind]: count for kind, count in counts.most_common()}

    def by_case(self) -> Mapping[str, list[Sample]]:
        """Case → its measured samples, in the order in which cases were asked for."""
        found: dict[str, list[Sample]] = {case: [] for case in self.settings.cases}
        for sample in self.samples:
            if sample.is_measured:
                found.setdefault(sample.case, []).append(sample)
        return found


def read_evaluation(directory: Path) -> Evaluation:
    """Raises TestbedError for what a newer testbed wrote, or nobody's evaluation."""
    stored = store.read(directory / SAMPLES)
    stability, notes = _read_stability(directory / STABILITY)
    wanted = _read_settings(directory / settings.FILE)
    knb, why = read_document(directory / KNB)
    return Evaluation(wanted, stored.samples, (*stored.notes, *notes, *why), stability, knb)


def read_document(file: Path) -> tuple[JsonObject, tuple[str, ...]]:
    """A JSON object that need not be there; if it cannot be read, why."""
    if not file.is_file():
        return {}, ()
    try:
        return as_object(json.loads(file.read_bytes())), ()
    except (OSError, ValueError, RecursionError) as error:
        return {}, (f"{file.name} cannot be read: {error}",)


def _read_stability(file: Path) -> tuple[tuple[Stability, ...], tuple[str, ...]]:
    """What the machine was found to be at each start of the run."""
    if not file.is_file():
        return (), ()
    found, notes = [], []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            found.append(Stability.model_validate_json(line))
        except ValidationError:
            notes.append(f"{file.name}:{number} is left out: it is not what this testbed writes")
    return tuple(found), tuple(notes)


def _read_settings(file: Path) -> Settings:
    try:
        text = file.read_bytes()
        _refuse_newer(text, file)
        return Settings.model_validate_json(text)
    except (ValidationError, OSError, ValueError) as error:
        raise TestbedError(
            "not the settings of an evaluation",
            where=str(file),
            why=_describe(error),
            fix="give the directory of `testbed evaluate --out DIR`, as it was left",
        ) from None


def _refuse_newer(text: bytes, file: Path) -> None:
    version = as_object(json.loads(text)).get("schema_version")
    latest = int(Settings.model_fields["schema_version"].default)
    if isinstance(version, int) and version > latest:
        raise TestbedError(
            f"the evaluation has schema version {version}, this testbed reads up to {latest}",
            where=str(file),
            why="a newer testbed wrote it",
            fix="read it with what wrote it, or update this one: git pull, make deps",
        )


def _describe(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return str(error)
