"""The commands around it: the file is opened before the lab, the cluster is told afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from testbed.cli import image
from testbed.errors import TestbedError
from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File
from testbed.images.store.load import LabImages
from testbed.orchestrators.kubernetes import images

NAME = "example.invalid/app:1"


class Lab:
    """A lab of one node, and what was said to its cluster."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.said: list[list[str]] = []
        self.entered: list[str] = []

    def enter(self, name: str) -> str:
        self.entered.append(name)
        return f"the plan of {name}"

    def of_lab(self, plan: str) -> LabImages:
        assert plan.startswith("the plan of")
        return LabImages(("worker1",), self.run, self.kept)

    def announce(self, _: str, names: list[str]) -> None:
        self.said.append(names)

    def run(self, node: str, argv: Sequence[str], stdin: Path | None) -> str:
        assert node == "worker1"
        assert (stdin is not None) == ("import" in argv)
        return f"{NAME}\n" if "list" in argv else ""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "kept")


@pytest.fixture
def app(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setattr(image, "need_root", lambda: None)
    monkeypatch.setattr(image, "_kubernetes", lab.enter)
    monkeypatch.setattr(images, "of_lab", lab.of_lab)
    monkeypatch.setattr(images, "announce", lab.announce)
    found = typer.Typer()
    image.register(found)
    return found


def test_loading_tells_the_cluster(app: typer.Typer, lab: Lab, tmp_path: Path) -> None:
    write_layout(Image(NAME, {"/f": File(b"x")}), tmp_path / "app.tar")

    done = CliRunner().invoke(app, ["image", "load", str(tmp_path / "app.tar"), "-n", "mine"])

    assert (done.exit_code, done.output) == (0, f"{NAME}\n")
    assert lab.entered == ["mine"]
    assert lab.said == [[NAME]]


def test_a_file_that_is_not_there_enters_no_lab(app: typer.Typer, lab: Lab) -> None:
    done = CliRunner().invoke(app, ["image", "load", "nothing.tar"])

    assert isinstance(done.exception, TestbedError)
    assert str(done.exception).startswith("nothing.tar: the archive cannot be read")
    assert not lab.entered


def test_a_damaged_file_tells_the_cluster_nothing(
    app: typer.Typer, lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "app.tar").write_text("no tar")

    done = CliRunner().invoke(app, ["image", "load", str(tmp_path / "app.tar")])

    assert isinstance(done.exception, TestbedError)
    assert done.exception.exit_code == 2
    assert not lab.said


def test_the_list_says_what_was_loaded(app: typer.Typer, tmp_path: Path) -> None:
    before = CliRunner().invoke(app, ["image", "list", "--format", "json"])
    write_layout(Image(NAME, {"/f": File(b"x")}), tmp_path / "app.tar")
    CliRunner().invoke(app, ["image", "load", str(tmp_path / "app.tar")])
    after = CliRunner().invoke(app, ["image", "list", "--format", "json"])

    row = {"image": NAME, "nodes": ["worker1"]}
    assert json.loads(before.output) == [{**row, "loaded": False}]
    assert json.loads(after.output) == [{**row, "loaded": True}]
