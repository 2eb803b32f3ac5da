"""Images are made once, and again when something that they are made from has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.images.build import make
from testbed.images.build.make import content_key, make_images
from testbed.images.build.oci import Image
from testbed.images.build.recipe import Recipe
from testbed.images.build.tree import Entry, File

NAME = "example.invalid/small:latest"


class Kitchen:
    """A recipe of one program and one library, and how often it was followed."""

    def __init__(self, directory: Path) -> None:
        self.program, self.library = directory / "program", directory / "library.so"
        self.program.write_text("one")
        self.library.write_text("library")
        self.made = 0

    def recipe(self, *more: Path) -> Recipe:
        def cook(libraries: Sequence[Path]) -> Image:
            self.made += 1
            tree: dict[str, Entry] = {f"/{p.name}": File(p) for p in (self.program, *libraries)}
            return Image(NAME, tree)

        return Recipe(NAME, (self.program,), cook, files=more)


@pytest.fixture
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    found = Kitchen(tmp_path)
    monkeypatch.setattr(make, "libraries", lambda _: [found.library])
    return found


def test_an_image_is_made_once(kitchen: Kitchen, tmp_path: Path) -> None:
    [first] = make_images([kitchen.recipe()], tmp_path / "shelf")
    [second] = make_images([kitchen.recipe()], tmp_path / "shelf")

    assert first == second
    assert first.archive.is_file()
    assert kitchen.made == 1


@pytest.mark.parametrize("which", ["program", "library"])
def test_a_changed_file_makes_another_image(kitchen: Kitchen, tmp_path: Path, which: str) -> None:
    [before] = make_images([kitchen.recipe()], tmp_path / "shelf")
    getattr(kitchen, which).write_text("two")

    [after] = make_images([kitchen.recipe()], tmp_path / "shelf")

    assert after.digest != before.digest
    assert after.archive.name != before.archive.name
    assert [p.name for p in (tmp_path / "shelf").glob("*.tar")] == [after.archive.name]


def test_a_touched_file_makes_the_same_image(kitchen: Kitchen, tmp_path: Path) -> None:
    [before] = make_images([kitchen.recipe()], tmp_path / "shelf")
    os.utime(kitchen.program, (1, 1))

    assert make_images([kitchen.recipe()], tmp_path / "shelf") == [before]
    assert kitchen.made == 2


def test_a_new_input_makes_it_anew(kitchen: Kitchen, tmp_path: Path) -> None:
    make_images([kitchen.recipe()], tmp_path / "shelf")
    (tmp_path / "more").write_text("")

    make_images([kitchen.recipe(tmp_path / "more")], tmp_path / "shelf")

    assert kitchen.made == 2


def test_other_code_makes_it_anew(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_images([kitchen.recipe()], tmp_path / "shelf")
    monkeypatch.setattr(make, "_hash_code", lambda: "other")

    make_images([kitchen.recipe()], tmp_path / "shelf")

    assert kitchen.made == 2


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"b": 1}}', "\0"])
def test_damaged_records_only_cost_time(kitchen: Kitchen, tmp_path: Path, text: str) -> None:
    [before] = make_images([kitchen.recipe()], tmp_path / "shelf")
    (tmp_path / "shelf" / "made.json").write_text(text)

    assert make_images([kitchen.recipe()], tmp_path / "shelf") == [before]
    assert json.loads((tmp_path / "shelf" / "made.json").read_text())[NAME]["digest"]


def test_a_lost_archive_is_made_again(kitchen: Kitchen, tmp_path: Path) -> None:
    [before] = make_images([kitchen.recipe()], tmp_path / "shelf")
    before.archive.unlink()

    assert make_images([kitchen.recipe()], tmp_path / "shelf")[0].archive.is_file()


def test_what_a_killed_run_left_is_removed(kitchen: Kitchen, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / ".new-small-1.tar").write_text("half")
    (shelf / ".new-containerd-1").mkdir()
    (shelf / ".new-containerd-1" / "file").write_text("half")

    make_images([kitchen.recipe()], shelf)

    assert not list(shelf.glob(".new-*"))


def test_a_failure_leaves_no_half_image(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Image, path: Path) -> str:
        path.write_text("half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(make, "write_layout", fails)
    with pytest.raises(TestbedError, match="No space left"):
        make_images([kitchen.recipe()], tmp_path / "shelf")

    assert not list((tmp_path / "shelf").glob("*.tar"))
    assert not list((tmp_path / "shelf").glob(".new-*"))


def test_the_key_covers_content_mode_links_and_configuration(tmp_path: Path) -> None:
    base = Image(NAME, {"/f": File(b"a")})
    others = [
        Image(NAME, {"/f": File(b"b")}),
        Image(NAME, {"/f": File(b"a", 0o755)}),
        Image(NAME, {"/g": File(b"a")}),
        Image(NAME, {"/f": File(b"a")}, command=("f",)),
        Image("example.invalid/other:1", {"/f": File(b"a")}),
    ]
    (tmp_path / "f").write_bytes(b"a")

    assert len({content_key(image) for image in (base, *others)}) == 6
    assert content_key(Image(NAME, {"/f": File(tmp_path / "f")})) == content_key(base)
