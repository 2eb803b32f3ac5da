"""The result of one scenario, as it lies in the evidence: result.json, written and read here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from testbed.errors import TestbedError
from testbed.host.files import write_atomically

FILE = "result.json"
Verdict = Literal["pass", "fail", "error", "not applicable"]
# Present in every result; the other fields only where they say something.
_ALWAYS = {"failure"}


class CheckResult(BaseModel):
    """One check as evidence."""

    model_config = ConfigDict(frozen=True)

    sentence: str
    passed: bool
    expected: str
    seen: str
    claim: str  # the sentence without the value that this one lab was expected to have
    path: bool  # was a path seen? It is the same in every lab of the plan


class ScenarioResult(BaseModel):
    """What became of one run of a scenario; the fields are the keys of result.json."""

    model_config = ConfigDict(frozen=True)

    scenario: str
    sentence: str
    claims: tuple[str, ...]
    seconds: float = 0.0
    checks: tuple[CheckResult, ...] = ()
    figures: Mapping[str, object] = {}
    bounds: Mapping[str, float] = {}  # what figures of these names are to be at most
    verdict: Verdict
    failure: str | None = None
    reason: str | None = None  # why the scenario is not applicable
    declared: str | None = None  # which declared difference between labs is that reason
    profile: str | None = None  # None where no lab was there
    topology: str | None = None
    cluster: str | None = None
    nodes: str | None = None  # what its cluster nodes are
    evidence: str | None = None  # the directory

    @property
    def right(self) -> bool:
        """Is nothing wrong? A scenario that is not applicable is not wrong."""
        return self.verdict in ("pass", "not applicable")

    def to_dict(self) -> dict[str, object]:
        """For JSON; the keys are stable."""
        fields = self.model_dump()
        return {k: v for k, v in fields.items() if v is not None or k in _ALWAYS}


def write_result(directory: Path, result: ScenarioResult) -> None:
    """Write result.json into the scenario's evidence. Raises TestbedError."""
    text = json.dumps(result.to_dict(), indent=1, default=str)
    write_atomically(directory / FILE, text)


def read_result(file: Path) -> ScenarioResult:
    """Read a result.json. Raises TestbedError that names a file which is none, or an older one."""
    try:
        data = json.loads(file.read_text())
        _refuse_older(file, data["checks"])
        return ScenarioResult.model_validate(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TestbedError(
            "not a scenario's result",
            where=str(file),
            why=_describe_error(error),
            fix="run the scenario again",
        ) from None


def read_results(evidence: Path) -> list[ScenarioResult]:
    """The results of a run, from its evidence. Raises TestbedError if there are none."""
    files = sorted(evidence.glob(f"*/{FILE}"))
    if not files:
        raise TestbedError(f"no results in {evidence}", fix="give what `testbed run` left there")
    return [read_result(file) for file in files]


def _refuse_older(file: Path, checks: list[dict[str, object]]) -> None:
    if not all({"claim", "path"} <= check.keys() for check in checks):
        why = "an older testbed wrote it, which kept less of a check"
        raise TestbedError(f"{file} cannot be compared", why=why, fix="run the scenario again")


def _describe_error(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error)
