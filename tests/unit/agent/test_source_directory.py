"""The directory that plays the API: multi-document files, changes, and files gone bad."""

from __future__ import annotations

import json
import queue
from pathlib import Path

import pytest

from testbed.agent.api.directory_source import DirectoryReader, DirectoryWatch
from testbed.agent.model.objects import Objects
from testbed.errors import TestbedError
from tests.repository import PAPER

POOL = {"kind": "IPPool", "metadata": {"name": "p"}, "spec": {"cidr": "10.0.0.0/16"}}


def put(directory: Path, name: str, text: str) -> None:
    """Write as the lab does: by rename."""
    draft = directory / f".{name}.tmp"
    draft.write_text(text)
    draft.replace(directory / name)


def test_several_documents_in_one_file(tmp_path: Path) -> None:
    text = "---\n" + "---\n".join(json.dumps(POOL).replace('"p"', f'"{n}"') + "\n" for n in "ab")
    put(tmp_path, "pools.yaml", text)
    put(tmp_path, "notes.txt", "not ours")
    found = DirectoryReader(tmp_path).read()
    assert [p.name for p in found.pools] == ["a", "b"]


def test_a_file_gone_bad_keeps_its_last_content(tmp_path: Path) -> None:
    put(tmp_path, "pool.json", json.dumps(POOL))
    reader = DirectoryReader(tmp_path)
    assert len(reader.read().pools) == 1
    put(tmp_path, "pool.json", "{")
    found = reader.read()
    assert len(found.pools) == 1 and "last good content is kept" in found.problems[0]
    (tmp_path / "pool.json").unlink()
    assert reader.read() == Objects()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a: [", b"a: &a [*a, *a]\nkind: x", b"[" * 100_000, b"x" * 2_000_000]
)
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_hostile_files_are_problems(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"bad.{suffix}").write_bytes(content)
    put(tmp_path, "good.json", json.dumps(POOL))
    found = DirectoryReader(tmp_path).read()
    assert len(found.pools) == 1 and len(found.problems) == 1


def test_a_vanished_directory_keeps_everything(tmp_path: Path) -> None:
    directory = tmp_path / "api"
    directory.mkdir()
    put(directory, "pool.json", json.dumps(POOL))
    reader = DirectoryReader(directory)
    reader.read()
    (directory / "pool.json").rename(tmp_path / "pool.json")
    directory.rmdir()
    found = reader.read()
    assert len(found.pools) == 1 and "last state kept" in found.problems[0]


def test_changes_are_told(tmp_path: Path) -> None:
    seen: queue.Queue[Objects] = queue.Queue()
    DirectoryWatch(tmp_path, seen.put).start()
    assert seen.get(timeout=10) == Objects()
    put(tmp_path, "pool.json", json.dumps(POOL))
    assert len(seen.get(timeout=10).pools) == 1
    (tmp_path / "pool.json").unlink()
    assert seen.get(timeout=10) == Objects()


def test_a_directory_that_comes_back_is_watched_again(tmp_path: Path) -> None:
    seen: queue.Queue[Objects] = queue.Queue()
    directory = tmp_path / "api"
    DirectoryWatch(directory, seen.put).start()
    assert seen.get(timeout=10) == Objects()
    directory.rmdir()
    while "last state kept" not in str(seen.get(timeout=10).problems):
        pass
    other = tmp_path / "other"
    other.mkdir()
    put(other, "pool.json", json.dumps(POOL))
    other.rename(directory)
    while not seen.get(timeout=10).pools:
        pass
    put(directory, "pool2.json", json.dumps(POOL).replace('"p"', '"q"'))
    while len(seen.get(timeout=10).pools) != 2:
        pass


def test_a_directory_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TestbedError, match="cannot watch"):
        DirectoryWatch(tmp_path / "file", print)


@pytest.mark.skipif(not PAPER.is_dir(), reason="the paper's own files are not there")
def test_the_papers_resources_are_read_as_they_are() -> None:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        for file in ("test-srv6-res.yaml", "configMap.yaml", "podmaster.yaml"):
            shutil.copy(PAPER / file, name)
        found = DirectoryReader(Path(name)).read()
    assert not found.problems
    assert len(found.pools) == 6 and len(found.config_maps) == 3
    assert [p.name for p in found.pools if p.for_pods] == [
        "default-ipv4-ippool",
        "default-ipv6-ippool",
    ]
