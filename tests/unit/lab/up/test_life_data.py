"""up, down and doctor where data lie that may not be the lab's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.doctor import machine
from testbed.errors import TestbedError
from testbed.host import lab_data
from testbed.host.labs import LabDir
from testbed.host.progress import Progress
from testbed.lab.up.context import UpContext
from testbed.lab.up.down import take_down
from testbed.lab.up.up import bring_up
from testbed.providers.namespaces.provider import NothingToBoot
from testbed.providers.vagrant.snapshot import snapshots
from tests.paper_plan import paper_plan


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabDir:
    """A lab that is not there; its data would be in tmp_path/data."""
    monkeypatch.setattr(lab_data, "DEFAULT_DIR", tmp_path / "default")
    monkeypatch.setattr(lab_data, "REGISTRY", tmp_path / "default/_labs")
    monkeypatch.setattr(lab_data, "DATA_DIR", tmp_path / "data")
    monkeypatch.setattr(snapshots, "TOP", tmp_path / "data/_snapshots")
    monkeypatch.setattr(machine, "others", list)
    return LabDir("mine", tmp_path / "run")


@pytest.fixture
def letter(lab: LabDir) -> Path:
    """What somebody keeps where the lab's data would be."""
    lab.data.mkdir(parents=True)
    (lab.data / "plan.json").write_text("{}")
    return lab.data / "plan.json"


@pytest.mark.parametrize("recreate", [False, True])
def test_up_refuses_data_that_are_not_the_lab_s(lab: LabDir, letter: Path, recreate: bool) -> None:
    plan = paper_plan().model_copy(update={"orchestrator": "kubernetes"})
    context = UpContext(lab, plan, Progress(), NothingToBoot(), recreate=recreate)
    with pytest.raises(TestbedError, match="is not this lab's") as refused:
        bring_up(context)
    assert refused.value.where == str(letter.parent)
    assert refused.value.why and refused.value.fix
    assert letter.exists()
    assert not lab.root.exists()


@pytest.mark.parametrize("dead", [False, True])
def test_down_leaves_them_and_says_so(
    lab: LabDir, letter: Path, dead: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if dead:
        lab.path.mkdir(parents=True)
    assert take_down(lab, Progress()) is dead
    assert f"{letter.parent} is left: no mark" in capsys.readouterr().err
    assert letter.exists()
    assert not lab.root.exists()


def test_down_removes_what_doctor_found(lab: LabDir, tmp_path: Path) -> None:
    lab.path.mkdir(parents=True)
    data = lab.claim_data()
    take_down(lab, Progress(), keep=True)
    [verdict] = machine.data_without_lab()
    assert (verdict.level, verdict.fix) == ("warn", "testbed down -n mine")
    assert str(data) in verdict.seen
    assert take_down(lab, Progress())
    assert machine.data_without_lab() == []
    assert list(tmp_path.iterdir()) == []


def test_doctor_shows_data_without_a_mark(lab: LabDir, letter: Path) -> None:
    [verdict] = machine.data_without_lab()
    assert verdict.level == "note"
    assert str(letter.parent) in verdict.seen
    assert not lab.claims_data
