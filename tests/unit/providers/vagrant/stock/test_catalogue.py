"""Online boxes: what is asked for, what is taken, what is used again."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from testbed.errors import MachineUnfit, TestbedError
from testbed.providers.vagrant.stock import catalogue

needs_vagrant = pytest.mark.skipif(
    shutil.which("vagrant") is None, reason="vagrant is missing: make deps NODES=vagrant"
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VAGRANT_HOME", str(tmp_path / "users"))


def added(boxes: Path, name: str, version: str, architecture: str = "") -> Path:
    directory = boxes / name / version / architecture / "libvirt"
    directory.mkdir(parents=True)
    (directory / "metadata.json").write_text('{"provider": "libvirt"}')
    (directory / "box.img").write_bytes(version.encode())
    return directory


def box_file(path: Path, content: bytes = b"disk") -> Path:
    scratch = path.with_suffix(".d")
    scratch.mkdir(exist_ok=True)
    (scratch / "metadata.json").write_text(
        json.dumps({"provider": "libvirt", "format": "qcow2", "virtual_size": 1})
    )
    (scratch / "box.img").write_bytes(content)
    with tarfile.open(path, "w") as tar:
        for name in ("metadata.json", "box.img"):
            tar.add(scratch / name, name)
    return path


def test_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.box").touch()
    assert catalogue.location("a.box") == str(tmp_path / "a.box")
    for other in ("debian/bookworm64", "https://example.org/a.box"):
        assert catalogue.location(other) == other
    for wrong in ("", "--force"):
        with pytest.raises(TestbedError) as error:
            catalogue.location(wrong)
        assert error.value.exit_code == 2


def test_names_for_what_has_none() -> None:
    assert catalogue.own_name("debian/bookworm64") is None
    assert catalogue.own_name("https://example.org/debian.json") is None
    one, other = (catalogue.own_name(f"https://example.org/{d}/d.box?x=1") for d in "ab")
    assert one is not None and one.startswith("d-") and one != other


def test_versions_are_numbers() -> None:
    order = catalogue.version_order
    assert order("12.20240905.1") > order("12.20240503.1") > order("9.9") > order("9.9.beta")


@pytest.mark.parametrize("architecture", ["", "amd64"])
def test_a_box_that_the_user_has_is_used_where_it_lies(tmp_path: Path, architecture: str) -> None:
    boxes = tmp_path / "users/boxes"
    added(boxes, "debian-VAGRANTSLASH-bookworm64", "9.1")
    newest = added(boxes, "debian-VAGRANTSLASH-bookworm64", "12.1", architecture)
    taken = catalogue.take_box("debian/bookworm64", print)
    assert (taken.name, taken.version) == ("debian/bookworm64", "12.1")
    assert taken.box.directory == newest
    assert taken.box.collection == boxes
    assert taken.sha256 == hashlib.sha256(b"12.1").hexdigest()
    assert catalogue.find_taken("debian/bookworm64") == taken
    assert catalogue.remove("debian/bookworm64")
    assert newest.exists() and catalogue.find_taken("debian/bookworm64") is None


def test_what_is_gone_is_not_known(tmp_path: Path) -> None:
    there = added(tmp_path / "users/boxes", "a", "1")
    assert catalogue.take_box("a", print).box.directory == there
    shutil.rmtree(there)
    assert catalogue.find_taken("a") is None and not catalogue.remove("a")


@needs_vagrant
def test_a_file_is_added_by_vagrant_and_taken_once(tmp_path: Path) -> None:
    asked = str(box_file(tmp_path / "mine.box"))
    said: list[str] = []
    taken = catalogue.take_box(asked, said.append)
    assert taken.name.startswith("mine-") and taken.version == "0"
    assert taken.sha256 == hashlib.sha256(b"disk").hexdigest()
    assert taken.box.collection == tmp_path / "cache/boxes"
    assert said
    said.clear()
    assert catalogue.take_box(asked, said.append) == taken
    assert not said
    box_file(tmp_path / "mine.box", b"another disk")
    other = catalogue.take_box(asked, said.append)
    assert other.name != taken.name
    assert catalogue.remove(asked)
    assert not other.box.directory.exists() and taken.box.directory.exists()


@needs_vagrant
def test_a_box_that_cannot_be_had_is_no_fault_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(MachineUnfit) as error:
        catalogue.take_box(f"file://{tmp_path}/none.box", print)
    assert error.value.exit_code == 4
    assert "none.box" in (error.value.why or "")
    assert not list((tmp_path / "cache/boxes").glob(".new-*"))
