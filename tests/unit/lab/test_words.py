"""Commands and states that are printed: what goes on is this lab, not any."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.host.labs import BUILT, LabDir
from testbed.lab import summary
from testbed.lab.up.request import UpRequest, command_of
from tests.paper_plan import paper_plan


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabDir:
    """A lab with its plan on record, whose init lives."""
    lab = LabDir("mine", tmp_path)
    lab.path.mkdir()
    lab.plan_file.write_text(paper_plan().model_dump_json())
    monkeypatch.setattr(summary, "lab_dir", lambda _: lab)
    monkeypatch.setattr(summary, "others", lambda: ["mine"])
    monkeypatch.setattr(LabDir, "init_pid", lambda _: 7)
    return lab


def test_the_command_of_an_up_is_whole() -> None:
    lab = LabDir("mine")
    assert command_of(UpRequest(lab)) == "testbed up full -n mine"
    asked = UpRequest(
        lab,
        "grid",
        "paper",
        {"rows": "1", "columns": "a b"},
        orchestrator="none",
        provider="vagrant",
        with_pods=False,
        recreate=True,
    )
    assert command_of(asked) == (
        "testbed up grid -n mine --profile paper --cluster none --nodes vagrant "
        "--set rows=1 --set 'columns=a b' --no-pods"
    )


def test_a_topology_file_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = UpRequest(LabDir("mine"), "ring.py")
    assert command_of(asked) == f"testbed up {tmp_path}/ring.py -n mine"


def test_a_half_built_lab_is_not_called_up(lab: LabDir) -> None:
    lab.up_file.write_text("testbed up ring.py -n mine --cluster none\n")
    (found,) = summary.summaries()
    assert found.state == "half built (testbed up ring.py -n mine --cluster none continues)"
    (lab.path / BUILT).touch()
    (found,) = summary.summaries()
    assert found.state == "up"


def test_nothing_is_left_of_the_record(lab: LabDir) -> None:
    lab.up_file.write_text("testbed up\n")
    (lab.path / BUILT).touch()
    lab.remove()
    assert not lab.path.exists()
    assert lab.up_command == "testbed up -n mine"
