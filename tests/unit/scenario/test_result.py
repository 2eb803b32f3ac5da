"""result.json: what is written is what is read, and a file that is none is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.scenario.run.result import (
    CheckResult,
    ScenarioResult,
    read_result,
    write_result,
)

CHECK = CheckResult(
    sentence="one equals 1", passed=True, expected="1", seen="1", claim="one equals", path=False
)
RESULT = ScenarioResult(
    scenario="smoke",
    sentence="It works.",
    claims=("C1",),
    seconds=1.5,
    checks=(CHECK,),
    figures={"gaps": [0.1, 0.2], "where": "r6"},
    verdict="pass",
    profile="fast",
    topology="full",
    cluster="none",
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_result(tmp_path, RESULT)
    assert read_result(tmp_path / "result.json") == RESULT


def test_the_keys_on_disk(tmp_path: Path) -> None:
    write_result(tmp_path, RESULT)
    data = json.loads((tmp_path / "result.json").read_text())
    assert set(data) == {
        *("scenario", "sentence", "claims", "seconds", "checks", "figures"),
        *("bounds", "verdict", "failure", "profile", "topology", "cluster"),
    }
    assert data["failure"] is None
    assert set(data["checks"][0]) == {"sentence", "passed", "expected", "seen", "claim", "path"}


def test_a_figure_that_json_has_no_word_for_is_text(tmp_path: Path) -> None:
    write_result(tmp_path, RESULT.model_copy(update={"figures": {"file": Path("/x")}}))
    assert read_result(tmp_path / "result.json").figures == {"file": "/x"}


@pytest.mark.parametrize(
    "change",
    [{"verdict": "perhaps"}, {"seconds": "long"}, {"checks": [1]}, {"scenario": None}],
)
def test_a_file_that_is_no_result_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    file = tmp_path / "result.json"
    file.write_text(json.dumps({**RESULT.to_dict(), **change}))
    with pytest.raises(TestbedError, match="not a scenario's result") as refused:
        read_result(file)
    assert str(file) in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match=r"nowhere"):
        read_result(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("verdict", "right"),
    [("pass", True), ("not applicable", True), ("fail", False), ("error", False)],
)
def test_right(verdict: str, right: bool) -> None:
    assert RESULT.model_copy(update={"verdict": verdict}).right is right
