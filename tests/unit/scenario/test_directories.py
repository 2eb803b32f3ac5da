"""No two runs share a directory of evidence, nor a lab."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.scenario.run.directories import names, new_directory, only_run, own_evidence


def test_runs_of_one_second_have_a_directory_each(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_directory(tmp_path, "20260101-000000"), range(24)))
    assert len(set(made)) == 24
    assert {path.name for path in made} >= {"20260101-000000", "20260101-000000-2"}


def test_another_process_that_is_faster(tmp_path: Path) -> None:
    def late(path: Path) -> None:
        if path.name == "a":
            path.mkdir()  # the other one, between our look and our mkdir
        path.mkdir()

    assert new_directory(tmp_path, "a", late).name == "a-2"


@pytest.mark.parametrize(
    ("scenarios", "rounds", "expected"),
    [
        (["a", "b"], 1, [["a", "b"]]),
        (["a"], 2, [["a.1"], ["a.2"]]),
        (["a", "a", "b"], 1, [["a", "a-2", "b"]]),
        (["a", "a"], 2, [["a.1", "a.1-2"], ["a.2", "a.2-2"]]),
        (["a", "a-2", "a"], 1, [["a", "a-2", "a-3"]]),
    ],
)
def test_no_two_scenarios_of_a_run_share_one(
    scenarios: list[str], rounds: int, expected: list[list[str]]
) -> None:
    assert names(scenarios, rounds) == expected


def test_one_run_at_a_time_in_a_lab(tmp_path: Path) -> None:
    with only_run(tmp_path, "ring"):
        with (
            pytest.raises(TestbedError, match="another run is going on") as refused,
            only_run(tmp_path, "ring"),
        ):
            pass
        assert refused.value.exit_code == 2
        assert refused.value.where == "lab ring"
    with only_run(tmp_path, "ring"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lab_that_is_taken_down_meanwhile(tmp_path: Path) -> None:
    with only_run(tmp_path, "ring"):
        (tmp_path / "run").rmdir()


def test_one_run_at_a_time_writes_to_a_directory(tmp_path: Path) -> None:
    with (
        own_evidence(tmp_path),
        pytest.raises(TestbedError, match="keeps its evidence there"),
        own_evidence(tmp_path),
    ):
        pass
