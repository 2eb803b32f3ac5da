"""The journal of a store: JSON lines, only ever added to; pure.

Each line says what became of a run and has its record, so that a verdict outlives its evidence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from testbed.records.record import NAME, RunRecord, damaged, refuse_newer

Event = Literal["began", "ended", "imported", "pruned"]


class Entry(BaseModel):
    """One line. `run` is the run's name in this store, `path` where its evidence is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Annotated[int, Field(ge=1)] = 1
    event: Event
    run: Annotated[str, Field(pattern=NAME)]
    path: str
    at: AwareDatetime
    record: RunRecord


def parse(data: bytes, where: str) -> list[Entry]:
    """The entries of a journal; half a line, of a writer that was killed, is none.

    Raises TestbedError for a line that a newer testbed wrote, or that was changed by hand.
    """
    entries = []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            continue
        entries.append(_parse_entry(content, f"{where}:{number}"))
    return entries


def latest(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Run → what was said of it last, in the order in which the runs began."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found[entry.run] = entry
    return dict(sorted(found.items(), key=lambda item: (item[1].record.started, item[0])))


def _parse_entry(content: object, where: str) -> Entry:
    refuse_newer(content, where)
    if isinstance(content, dict):
        refuse_newer(content.get("record"), where)
    try:
        return Entry.model_validate(content)
    except ValidationError as error:
        raise damaged("not an entry of the journal of runs", error, where) from None
