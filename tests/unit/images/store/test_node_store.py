"""A node's containerd directory is a copy of a prepared one, whole or not there."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.images.build.make import Made
from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File
from testbed.images.store import node_store
from testbed.images.store.containerd import Client, Programs, containerd, programs
from testbed.images.store.node_store import clone_store, store_template

NAME = "example.invalid/app:1"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Something like a prepared directory."""
    found = tmp_path / "shelf" / "containerd-1"
    (found / "snapshots").mkdir(parents=True)
    (found / "snapshots" / "file").write_text("content")
    (found / "snapshots" / "link").symlink_to("file")
    (found / "snapshots").chmod(0o711)
    return found


def test_a_node_gets_copies_and_no_links(template: Path, tmp_path: Path) -> None:
    target = tmp_path / "node" / "containerd"

    assert clone_store(template, target)

    copy = target / "snapshots" / "file"
    assert copy.read_text() == "content"
    assert not copy.samefile(template / "snapshots" / "file")
    assert (target / "snapshots" / "link").readlink() == Path("file")
    assert (target / "snapshots").stat().st_mode & 0o777 == 0o711


def test_a_node_s_own_directory_is_kept(template: Path, tmp_path: Path) -> None:
    target = tmp_path / "containerd"
    target.mkdir()

    assert not clone_store(template, target)
    assert not list(target.iterdir())


def test_what_a_killed_copy_left_is_replaced(template: Path, tmp_path: Path) -> None:
    left = tmp_path / ".new-containerd"
    left.mkdir()
    (left / "half").write_text("")

    clone_store(template, tmp_path / "containerd")

    assert [path.name for path in (tmp_path / "containerd").iterdir()] == ["snapshots"]
    assert not left.exists()


def test_a_copy_that_fails_leaves_nothing(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(command: list[str], **_: object) -> None:
        Path(command[-1]).mkdir()
        raise TestbedError("cp failed", why="No space left on device")

    monkeypatch.setattr(node_store, "run", fails)
    with pytest.raises(TestbedError, match="No space left"):
        clone_store(template, tmp_path / "node" / "containerd")

    assert not list((tmp_path / "node").iterdir())


def test_a_template_that_has_gone_is_explained(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="run the command again"):
        clone_store(tmp_path / "containerd-1", tmp_path / "containerd")


class Kitchen:
    """Prepares directories by writing a file; counts them."""

    def __init__(self) -> None:
        self.version = "1"
        self.prepared = 0

    def prepare(self, made: list[Made], _: Programs, template: Path) -> None:
        self.prepared += 1
        template.mkdir()
        (template / "images").write_text("\n".join(m.name for m in made))


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    found = Kitchen()
    monkeypatch.setattr(node_store, "_prepare", found.prepare)
    monkeypatch.setattr(Programs, "version", lambda _: found.version)
    return found


CHOSEN = Programs(Path("containerd"), Path("ctr"))


def made(digest: str) -> list[Made]:
    return [Made(NAME, Path("app.tar"), digest)]


def test_a_template_is_prepared_once_per_images_and_version(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    first = store_template(made("sha256:1"), CHOSEN, tmp_path)
    assert store_template(made("sha256:1"), CHOSEN, tmp_path) == first
    assert kitchen.prepared == 1

    second = store_template(made("sha256:2"), CHOSEN, tmp_path)
    kitchen.version = "2"
    third = store_template(made("sha256:2"), CHOSEN, tmp_path)

    assert len({first, second, third}) == 3
    assert list(tmp_path.glob("containerd-*")) == [third]


@pytest.mark.usefixtures("kitchen")
def test_a_template_that_somebody_copies_stays(tmp_path: Path) -> None:
    first = store_template(made("sha256:1"), CHOSEN, tmp_path)
    fd = os.open(first, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_SH)
    try:
        second = store_template(made("sha256:2"), CHOSEN, tmp_path)
        assert first.is_dir()
    finally:
        os.close(fd)
    assert second.is_dir()


@pytest.mark.root
def test_a_containerd_has_the_images_of_a_copied_directory(tmp_path: Path) -> None:
    archive = tmp_path / "app.tar"
    digest = write_layout(Image(NAME, {"/bin/app": File(b"program" * 1000, 0o755)}), archive)

    template = store_template([Made(NAME, archive, digest)], None, tmp_path / "shelf")
    clone_store(template, tmp_path / "node")

    with containerd(programs(), tmp_path / "node") as client:
        assert client.call("images", "list", "-q").split() == [NAME]
        assert _unpacked(client)
    assert [path.name for path in (tmp_path / "shelf").glob(".new-*")] == []
    assert [f.read_bytes() for f in tmp_path.glob("node/**/fs/bin/app")] == [b"program" * 1000]
    # what is unpacked is not kept packed as well
    blobs = [p.stat().st_size for p in tmp_path.glob("node/**/blobs/sha256/*")]
    assert blobs
    assert max(blobs) < 1000


def _unpacked(client: Client) -> bool:
    return client.call("images", "check").split()[-1] == "true"


@pytest.mark.root
def test_a_containerd_that_does_not_start_says_why(tmp_path: Path) -> None:
    chosen = Programs(Path("/bin/false"), Path("ctr"))

    with (
        pytest.raises(TestbedError, match="containerd ended at once"),
        containerd(chosen, tmp_path / "root"),
    ):
        raise AssertionError("it runs")


def test_what_is_only_called_like_a_prepared_directory_stays(
    kitchen: Kitchen, tmp_path: Path
) -> None:
    theirs = tmp_path / "containerd-notes"
    theirs.mkdir()
    old = store_template(made("old"), CHOSEN, tmp_path)
    store_template(made("new"), CHOSEN, tmp_path)
    assert kitchen.prepared == 2
    assert theirs.is_dir()
    assert not old.exists()
