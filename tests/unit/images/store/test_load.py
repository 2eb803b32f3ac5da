"""Loading into a lab: every node gets the image, the lab remembers it; a failure is named."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File
from testbed.images.store.load import LabImages, listing, load, load_again, loaded

NAME = "example.invalid/app:1"


class Nodes:
    """Nodes whose containerd takes what it is given, or fails."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.broken: set[str] = set()
        self.calls: list[tuple[str, str]] = []
        self.imported: dict[str, list[bytes]] = {name: [] for name in names}
        self.answer = ""

    def run(self, node: str, argv: Sequence[str], stdin: Path | None) -> str:
        if node in self.broken:
            raise TestbedError("ctr failed", why="no such socket")
        self.calls.append((node, " ".join(argv)))
        if stdin:
            self.imported[node].append(stdin.read_bytes())
        return self.answer


@pytest.fixture
def nodes() -> Nodes:
    return Nodes("master", "worker1", "worker2")


@pytest.fixture
def lab(nodes: Nodes, tmp_path: Path) -> LabImages:
    return LabImages(nodes.names, nodes.run, tmp_path / "lab" / "images")


def archive(tmp_path: Path, name: str = NAME, content: bytes = b"x") -> bytes:
    write_layout(Image(name, {"/f": File(content)}), tmp_path / "made.tar")
    return (tmp_path / "made.tar").read_bytes()


def stream(data: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(data))


def kept(lab: LabImages) -> list[Path]:
    return sorted(lab.kept.glob("*.tar"))


def test_every_node_gets_the_image(lab: LabImages, nodes: Nodes, tmp_path: Path) -> None:
    data = archive(tmp_path)

    assert load(stream(data), "a.tar", lab) == [NAME]

    assert nodes.imported == {name: [data] for name in nodes.names}
    assert loaded(lab.kept) == [NAME]
    assert [path.read_bytes() for path in kept(lab)] == [data]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_archives_are_unpacked(
    lab: LabImages, nodes: Nodes, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    data = archive(tmp_path)

    load(stream(pack(data)), "a.tar", lab)

    assert nodes.imported["master"] == [data]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_archive_that_is_cut_off_changes_nothing(
    lab: LabImages, nodes: Nodes, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(TestbedError, match=r"a\.tar: the archive is cut off or damaged"):
        load(stream(pack(archive(tmp_path))[:-9]), "a.tar", lab)

    assert not nodes.calls
    assert not list(lab.kept.iterdir())


def test_zstd_is_named(lab: LabImages) -> None:
    with pytest.raises(TestbedError, match="zstd -d"):
        load(stream(b"\x28\xb5\x2f\xfd" + b"\0" * 100), "a.tar.zst", lab)


def test_a_damaged_archive_changes_nothing(lab: LabImages, nodes: Nodes, tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match=r"a\.tar: no image archive"):
        load(stream(archive(tmp_path)[:2000]), "a.tar", lab)

    assert not nodes.calls
    assert not list(lab.kept.iterdir())
    assert loaded(lab.kept) == []


def test_a_short_name_is_given_in_full_as_well(
    lab: LabImages, nodes: Nodes, tmp_path: Path
) -> None:
    assert load(stream(archive(tmp_path, "app:1")), "a.tar", lab) == ["docker.io/library/app:1"]

    tag = "ctr -n k8s.io images tag --force app:1 docker.io/library/app:1"
    assert {node for node, call in nodes.calls if call == tag} == set(nodes.names)


def test_nodes_that_fail_are_named(lab: LabImages, nodes: Nodes, tmp_path: Path) -> None:
    nodes.broken = {"worker1"}

    with pytest.raises(TestbedError) as error:
        load(stream(archive(tmp_path)), "a.tar", lab)

    assert error.value.what == "the image was not imported on worker1, only on master, worker2"
    assert error.value.why == "no such socket"
    assert loaded(lab.kept) == []
    assert not list(lab.kept.iterdir())


def test_loading_again_is_harmless(lab: LabImages, tmp_path: Path) -> None:
    data = archive(tmp_path)
    load(stream(data), "a.tar", lab)
    load(stream(data), "a.tar", lab)

    assert loaded(lab.kept) == [NAME]
    assert len(kept(lab)) == 1


def test_a_newer_archive_replaces_the_older(lab: LabImages, tmp_path: Path) -> None:
    load(stream(archive(tmp_path)), "a.tar", lab)
    load(stream(archive(tmp_path, "example.invalid/other:1")), "b.tar", lab)
    newer = archive(tmp_path, content=b"newer")
    load(stream(newer), "c.tar", lab)

    assert loaded(lab.kept) == [NAME, "example.invalid/other:1"]
    assert len(kept(lab)) == 2
    assert newer in [path.read_bytes() for path in kept(lab)]


def test_a_node_that_joins_gets_what_was_loaded(
    lab: LabImages, nodes: Nodes, tmp_path: Path
) -> None:
    data = archive(tmp_path)
    load(stream(data), "a.tar", lab)
    nodes.imported["worker3"] = []

    load_again(lab, ["worker3"])

    assert nodes.imported["worker3"] == [data]
    assert nodes.imported["master"] == [data]


def test_damaged_records_are_no_traceback(lab: LabImages, tmp_path: Path) -> None:
    load(stream(archive(tmp_path)), "a.tar", lab)
    for text in ("", "[]", '{"a": 1}', "\0"):
        (lab.kept / "loaded.json").write_text(text)
        assert loaded(lab.kept) == []


def test_a_full_disk_is_said(
    lab: LabImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    data = archive(tmp_path)
    monkeypatch.setattr(Path, "open", lambda *_: Full())

    with pytest.raises(TestbedError, match="No space left on device"):
        load(stream(data), "a.tar", lab)


def test_the_list_has_names_only_and_says_where(lab: LabImages, nodes: Nodes) -> None:
    nodes.answer = f"docker.io/library/busybox:latest\nsha256:{'a' * 64}\nx@sha256:{'b' * 64}\n"

    assert listing(lab) == {"docker.io/library/busybox:latest": ["master", "worker1", "worker2"]}
