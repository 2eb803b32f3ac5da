"""What a run was asked for, in its directory: a run that goes on has to be the same one."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from testbed.errors import TestbedError
from testbed.host.files import write_atomically

FILE = "evaluation.json"


class Settings(BaseModel):
    """`seconds` of each transfer that count; `cases` are ids; `machine` is where it was begun.

    `profile`: "samples", or "knb" for the five transfers of that tool. `steps`: the most runs of a
    search for a rate; versions before 2 had none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 2
    topology: str
    nodes: str
    cases: tuple[str, ...]
    repeats: int
    seconds: int
    seed: int
    commit: str
    machine: str
    profile: str = "samples"
    steps: int = 0


def keep(directory: Path, wanted: Settings) -> bool:
    """Write them, or find the same ones there: then the run goes on. Raises TestbedError."""
    file = directory / FILE
    try:
        there = Settings.model_validate_json(file.read_text())
    except FileNotFoundError:
        _write(file, wanted)
        return False
    except (ValidationError, OSError, ValueError) as error:
        raise TestbedError(
            "this is no evaluation that can go on",
            where=str(file),
            why=str(error).splitlines()[0],
            fix="--out with another directory",
        ) from None
    changed = [
        f"{name}: {getattr(there, name)} then, {getattr(wanted, name)} now"
        for name in Settings.model_fields
        if name != "cases" and getattr(there, name) != getattr(wanted, name)
    ]
    if there.cases != wanted.cases:
        changed.append(f"cases: {len(there.cases)} then, {len(wanted.cases)} now, not the same")
    if changed:
        raise TestbedError(
            "another evaluation is in this directory",
            where=str(file),
            why="; ".join(changed),
            fix="--out with another directory, or the same options to go on",
        )
    return True


def _write(file: Path, wanted: Settings) -> None:
    try:
        write_atomically(file, wanted.model_dump_json(indent=1) + "\n")
    except OSError as error:
        raise TestbedError(
            "the evaluation cannot be begun",
            where=str(file),
            why=error.strerror,
            fix="--out with a directory where files can be written",
            exit_code=1,
        ) from None
