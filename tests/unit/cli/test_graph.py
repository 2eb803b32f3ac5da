"""`testbed graph`: which topology it draws."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from testbed.backbone import build, links_now, traffic
from testbed.cli import common
from testbed.cli import graph as graph_command
from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.host import labs
from testbed.lab.te import drawn as drawn_module
from testbed.lab.te.drawn import DrawnIntents
from testbed.plan.model import Shaping
from testbed.report.graph.drawing import LinksNow, graph_svg, graph_text
from tests.repository import ROOT
from tests.shipped_plans import shipped_plan


def graph(*words: str) -> Result:
    return CliRunner().invoke(app, ["graph", *words])


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> labs.LabDir:
    """A living lab's record on the host, seen by somebody who is not root."""
    monkeypatch.setattr(labs, "LABS", tmp_path)
    monkeypatch.setattr(labs.LabDir.__init__, "__defaults__", (tmp_path,))
    monkeypatch.setattr(labs.LabDir, "init_pid", lambda _: 7)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    record = labs.lab_dir("mine")
    record.path.mkdir(mode=0o711)
    record.plan_file.write_text(shipped_plan("basic").model_dump_json())
    return record


@pytest.mark.usefixtures("lab")
def test_a_lab_is_drawn_as_it_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = graph("-n", "mine")
    assert drawn.stdout == graph("basic").stdout
    assert (
        drawn.stderr
        == "note: drawn as planned; root sees links that are down, shaped or used, and intents\n"
    )
    monkeypatch.setenv("TESTBED_NAME", "mine")
    assert graph().stdout == graph("full").stdout


@pytest.mark.usefixtures("lab")
def test_a_lab_has_one_topology() -> None:
    for words in (["basic"], ["--set", "rows=3"]):
        said = graph("-n", "mine", *words).exception
        assert said is not None and "a lab has its topology" in str(said)


def test_a_topology_has_no_intents() -> None:
    said = graph("full", "--intent", "gold").exception
    assert isinstance(said, TestbedError) and said.fix == "testbed graph -n LAB --intent gold"


def test_root_sees_the_links_as_they_are(lab: labs.LabDir, monkeypatch: pytest.MonkeyPatch) -> None:
    (lab.path / labs.BUILT).touch()
    plan = shipped_plan("basic")
    shaped = [x.model_copy(update={"shaping": Shaping(delay="7ms")}) for x in plan.links]
    now = plan.model_copy(update={"links": tuple(shaped)})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(graph_command, "enter", lambda _: plan)
    common.errors_are_about(lab, lab.up_command)
    monkeypatch.setattr(build, "damage", lambda _: [])
    monkeypatch.setattr(links_now, "as_shaped_now", lambda _: now)
    monkeypatch.setattr(build, "links_down", lambda found: [found.links[0]])
    carried = {now.links[1].a: (3.0, 1.0)}
    monkeypatch.setattr(traffic, "traffic_now", lambda _: carried)
    told = DrawnIntents((), ("gold: worker1 → worker2",), 2)
    monkeypatch.setattr(drawn_module, "drawn_intents", lambda *_: told)
    drawn = graph("--lab", "mine")
    assert (
        drawn.stdout == graph_text(now, LinksNow((now.links[0],), carried), told.sentences) + "\n"
    )
    assert drawn.stderr == "note: 2 more intents: name them with --intent\n"
    assert not graph("-n", "mine", "--intent", "gold").stderr
    monkeypatch.setattr(build, "damage", lambda _: ["namespace r1"])
    damaged = graph("-n", "mine")
    assert damaged.stdout == graph("basic").stdout
    assert "`testbed status -n mine` says what is missing" in damaged.stderr
    (lab.path / labs.BUILT).unlink()
    half = graph("-n", "mine")
    assert half.stdout == graph("basic").stdout
    assert half.stderr == "note: drawn as planned; the lab is half built\n"


def test_a_lab_that_cannot_be_drawn(lab: labs.LabDir, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.plan_file.write_text("{")
    assert "another version of testbed made the lab" in str(graph("-n", "mine").exception)
    monkeypatch.setattr(labs.LabDir, "init_pid", lambda _: None)
    assert "lab 'mine' is not up" in str(graph("-n", "mine").exception)


def test_the_drawing_of_the_front_page_is_todays() -> None:
    assert (ROOT / "docs" / "full.svg").read_text() == graph_svg(shipped_plan("full"))
