"""The file of a run's samples: JSON lines, only ever added to.

A process that is killed, or a disk that is full, leaves half a line. It is no sample; what reads
the file says so, and what writes next begins on a line of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from testbed.errors import TestbedError
from testbed.evaluate.sample import SCHEMA_VERSION, Sample
from testbed.host.files import append_line


@dataclass(frozen=True)
class Stored:
    """What a file holds; `notes` are sentences about what is not a sample in it."""

    samples: tuple[Sample, ...] = ()
    notes: tuple[str, ...] = ()


def append(file: Path, record: BaseModel) -> None:
    """Add a sample or the like; it is on the disk when this returns. Raises TestbedError."""
    try:
        append_line(file, record.model_dump_json().encode())
    except OSError as error:
        raise TestbedError(
            "what was measured could not be stored",
            where=str(file),
            why=error.strerror,
            fix="free space there, or make it writable; the same command then goes on where it was",
            exit_code=1,
        ) from None


def read(file: Path) -> Stored:
    """All samples of a file; none if it is not there yet. Raises TestbedError."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return Stored()
    except OSError as error:
        raise TestbedError(
            "the samples cannot be read",
            where=str(file),
            why=error.strerror,
            fix="give the samples.jsonl of a run, as a user who may read it",
        ) from None
    return parse(data, str(file))


def parse(data: bytes, where: str) -> Stored:
    """The content of a file; `where` names it in messages. Raises TestbedError."""
    samples, notes = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):  # also of bytes that are not UTF-8
            notes.append(f"{where}:{number}: left out, half written: its writer was stopped")
            continue
        samples.append(_sample(content, f"{where}:{number}"))
    return Stored(tuple(samples), tuple(notes))


def _sample(content: object, where: str) -> Sample:
    version = content.get("schema_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise TestbedError(
            f"the samples have schema version {version}, this testbed reads up to {SCHEMA_VERSION}",
            where=where,
            why="a newer testbed wrote them",
            fix="read them with what wrote them, or update this one: git pull, make deps",
        )
    try:
        return Sample.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise TestbedError(
            "not a sample",
            where=where,
            why=f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}",
            fix="the file was changed by hand: take the run's own, or take out this line",
        ) from None
