"""A lab that is up, as a run in it keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.labs import LabDir
from testbed.lab.repeatable import FILE, RepeatableLab, keep_lab, read_lab
from tests.shipped_plans import shipped_plan


def lab(root: Path, command: str) -> LabDir:
    found = LabDir("mine", root)
    found.path.mkdir(parents=True)
    found.up_file.write_text(command + "\n")
    return found


def test_its_up_can_be_typed_again(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    command = "testbed up full -n mine --profile paper --set joins_later=worker2 --no-pods"
    keep_lab(run, lab(tmp_path / "labs", command), shipped_plan("full"))
    assert sorted(file.name for file in (run / "inputs/topologies").iterdir()) == [
        "backbone.py",
        "full.py",
    ]
    kept = read_lab(run)
    assert kept is not None
    assert " ".join(kept.up(run, "again")) == (
        f"up {run}/inputs/topologies/full.py -n again --profile fast --cluster none "
        "--nodes namespace --overlay agent --set joins_later=worker2"
    )


def test_a_topology_that_was_moved(tmp_path: Path) -> None:
    keep_lab(tmp_path, lab(tmp_path / "labs", "testbed up /gone/mine.py"), shipped_plan("full"))
    kept = read_lab(tmp_path)
    assert kept is not None
    assert kept.topology == ""


def test_none(tmp_path: Path) -> None:
    assert read_lab(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"topology": 1}'])
def test_one_that_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(TestbedError, match="kept of the run's lab cannot be read"):
        read_lab(tmp_path)


def test_options_are_those_of_up() -> None:
    kept = RepeatableLab(
        topology="t.py", profile="fast", cluster="none", nodes="vagrant", overlay="agent", box="b"
    )
    assert kept.up(Path("/x"), "y")[-2:] == ["--box", "b"]
