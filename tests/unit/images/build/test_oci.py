"""The archive of an image is determined by what is in it, and says so by its digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from testbed.errors import MachineUnfit
from testbed.images.build.oci import Image, architecture, write_layout
from testbed.images.build.tree import Directory, Entry, File, Link, complete
from tests.unit.images.image_layout import Layout

TREE: dict[str, Entry] = {
    "/bin/tool": File(b"#!/bin/sh\n", 0o755),
    "/bin/sh": Link("tool"),
    "/tmp": Directory(0o1777),
}
IMAGE = Image("example.invalid/some/image:1", TREE, entrypoint=("/bin/tool",), user="65535:65535")


def test_equal_images_are_equal_bytes(tmp_path: Path) -> None:
    backwards = Image(IMAGE.name, dict(reversed(TREE.items())), IMAGE.entrypoint, user=IMAGE.user)

    first = write_layout(IMAGE, tmp_path / "a.tar", "x86_64")
    second = write_layout(backwards, tmp_path / "b.tar", "x86_64")

    assert first == second
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_every_descriptor_fits_its_blob(tmp_path: Path) -> None:
    digest = write_layout(IMAGE, tmp_path / "a.tar")
    layout = Layout(tmp_path / "a.tar")
    manifest = layout.manifest

    assert layout.index["manifests"][0]["digest"] == digest
    for described in (layout.index["manifests"][0], manifest["config"], *manifest["layers"]):
        blob = layout.blob(described)
        assert described["size"] == len(blob)
        assert described["digest"] == "sha256:" + hashlib.sha256(blob).hexdigest()
    assert layout.config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]


def test_the_name_is_where_containerd_and_others_look_for_it(tmp_path: Path) -> None:
    write_layout(IMAGE, tmp_path / "a.tar")

    assert Layout(tmp_path / "a.tar").index["manifests"][0]["annotations"] == {
        "io.containerd.image.name": IMAGE.name,
        "org.opencontainers.image.ref.name": IMAGE.name,
    }


def test_the_configuration_starts_the_program(tmp_path: Path) -> None:
    write_layout(IMAGE, tmp_path / "a.tar", "aarch64")
    config = Layout(tmp_path / "a.tar").config

    assert (config["architecture"], config["os"]) == ("arm64", "linux")
    assert config["config"]["Entrypoint"] == ["/bin/tool"]
    assert config["config"]["User"] == "65535:65535"
    assert "Cmd" not in config["config"]


def test_files_belong_to_root_and_are_of_the_epoch(tmp_path: Path) -> None:
    write_layout(IMAGE, tmp_path / "a.tar")
    members = Layout(tmp_path / "a.tar").members

    assert list(members) == ["bin", "bin/sh", "bin/tool", "tmp"]
    assert all((m.uid, m.gid, m.mtime) == (0, 0, 0) for m in members.values())
    assert members["tmp"].mode == 0o1777
    assert members["bin/tool"].mode == 0o755
    assert members["bin/sh"].linkname == "tool"


def test_a_file_of_the_host_is_copied_with_its_content(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content" * 1000)

    write_layout(Image("x.invalid/y:1", {"/f": File(source)}), tmp_path / "a.tar")

    assert Layout(tmp_path / "a.tar").members["f"].size == 7000


def test_parents_come_first_and_keep_a_mode_that_was_given() -> None:
    tree = complete({"/a/b/c": File(b""), "/a": Directory(0o700)})

    assert list(tree) == ["/a", "/a/b", "/a/b/c"]
    assert tree["/a"] == Directory(0o700)


def test_an_unknown_processor_is_named() -> None:
    with pytest.raises(MachineUnfit, match="sparc64"):
        architecture("sparc64")
