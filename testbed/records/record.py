"""The record of one run: what was run, where, from which source, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from testbed.errors import TestbedError
from testbed.records.words_of_today import in_words_of_today

# A later version may add fields that have a default, so that records of this one can still be read.
# 2: `replays`. 3: the verdict `not enough data`.
SCHEMA_VERSION = 3

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"  # of a run; it names a directory

Kind = Literal["scenarios", "evaluation"]
# `running` until the run's end was written: so it stays with a run that was killed.
State = Literal["running", "finished", "interrupted"]
# `not enough data`: it was measured, and that does not decide.
Verdict = Literal["pass", "fail", "error", "not enough data", "not applicable"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(_Frozen):
    """What became of one scenario, or of one case of an evaluation.

    `directory` is below the run's own. The last four are None where no lab was there; `nodes` is
    the back end: what cluster nodes were.
    """

    name: str
    directory: str
    verdict: Verdict
    claims: tuple[str, ...] = ()
    seconds: Annotated[float, Field(ge=0)] = 0.0
    checks: Annotated[int, Field(ge=0)] = 0
    failed: tuple[str, ...] = ()  # the checks that did not hold: sentence, expected, seen
    failure: str | None = None
    reason: str | None = None  # why it is not applicable, or not decided
    ended: AwareDatetime | None = None
    profile: str | None = None
    topology: str | None = None
    cluster: str | None = None
    nodes: str | None = None

    @property
    def is_wrong(self) -> bool:
        """Did it fail, or not get that far?"""
        return self.verdict in ("fail", "error")


class RunRecord(_Frozen):
    """One run. `commit` is empty where the source is no clone; `changed`: the source differs from
    that commit, and source.patch has how. `left_out` names files of the run that hold secrets.
    `replays` names the run that this one repeats; empty if it repeats none.
    """

    schema_version: Annotated[int, Field(ge=0)] = SCHEMA_VERSION
    run: Annotated[str, Field(pattern=NAME)]
    kind: Kind = "scenarios"
    state: State = "running"
    started: AwareDatetime
    ended: AwareDatetime | None = None
    error: str | None = None  # what broke the run off
    command: tuple[str, ...] = ()
    caller: str = ""
    version: str = ""  # of the testbed
    commit: str = ""
    changed: bool = False
    machine: str = ""
    options: Mapping[str, str] = {}  # of the command, with their defaults
    seeds: Mapping[str, int] = {}
    environment: Mapping[str, str] = {}  # the testbed's own variables
    outcomes: tuple[Outcome, ...] = ()
    left_out: tuple[str, ...] = ()
    replays: str = ""

    _in_words_of_today = model_validator(mode="before")(in_words_of_today)

    @property
    def failure(self) -> str | None:
        """Why the run as a whole is not a success, in a sentence; None if it is one."""
        if self.state == "running":
            return "its end was not recorded: it is running still, or was killed"
        if self.state == "interrupted":
            return f"it was broken off: {self.error or 'by its user'}"
        wrong = [outcome.name for outcome in self.outcomes if outcome.is_wrong]
        if wrong:
            return f"{len(wrong)} of {len(self.outcomes)} did not pass: {', '.join(wrong)}"
        return None


def parse_record(content: object, where: str) -> RunRecord:
    """A record as it was written, by this testbed or an older one. Raises TestbedError."""
    refuse_newer(content, where)
    try:
        return RunRecord.model_validate(content)
    except ValidationError as error:
        raise damaged("not the record of a run", error, where) from None


def refuse_newer(content: object, where: str) -> None:
    """Raises TestbedError for what a newer testbed wrote."""
    version = content.get("schema_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise TestbedError(
            f"the record has schema version {version}, this testbed reads up to {SCHEMA_VERSION}",
            where=where,
            why="a newer testbed wrote it",
            fix="read it with what wrote it, or update this one: git pull, make deps",
        )


def damaged(what: str, error: ValidationError, where: str) -> TestbedError:
    """The error for what is no record, or no longer one."""
    first = error.errors()[0]
    return TestbedError(
        what,
        where=where,
        why=f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}",
        fix="it was changed by hand: restore it, or remove it",
    )
