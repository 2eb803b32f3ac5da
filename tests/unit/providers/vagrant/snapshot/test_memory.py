"""Disks are frozen, never copied: the machine goes on in a layer over what nobody writes to."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from testbed.providers.vagrant.box.box import Box
from testbed.providers.vagrant.machines import Files, machines, values
from testbed.providers.vagrant.snapshot import data_copy, memory
from tests.paper_plan import paper_plan

pytestmark = pytest.mark.skipif(
    shutil.which("qemu-img") is None, reason="qemu-img is missing: make deps NODES=vagrant"
)
PLAN = paper_plan()
MACHINE = machines(PLAN)[0]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A lab's files with the disk of one machine."""
    files = Files(tmp_path / "lab/vm")
    files.pool.mkdir(parents=True)
    told = values(PLAN, "lab", Box("b", tmp_path), "qemu", files)
    files.values.write_text(json.dumps(told))
    image("create", "-q", "-f", "qcow2", str(files.pool / "lab_master.img"), "1M")
    return files


def image(*arguments: str) -> str:
    done = subprocess.run(["qemu-img", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def backing(disk: Path) -> str | None:
    found = json.loads(image("info", "--output=json", str(disk))).get("backing-filename")
    return None if found is None else str(found)


def test_a_frozen_disk_is_shared_and_a_layer_takes_its_place(files: Files, tmp_path: Path) -> None:
    disk, frozen = files.pool / "lab_master.img", files.pool / "lab_master.one.img"
    before = disk.read_bytes()
    memory.freeze([MACHINE], files, "one")
    data_copy.put(tmp_path / "lab", tmp_path / "snapshot")
    memory.thaw([MACHINE], files, "one")
    kept = tmp_path / "snapshot/vm/pool"
    assert backing(disk) == str(frozen)
    assert frozen.samefile(kept / "lab_master.one.img")
    assert not disk.samefile(kept / "lab_master.img")
    assert frozen.read_bytes() == before


def test_a_second_snapshot_holds_the_layers_of_both(files: Files, tmp_path: Path) -> None:
    for name in ("one", "two"):
        memory.freeze([MACHINE], files, name)
        data_copy.put(tmp_path / "lab", tmp_path / name)
        memory.thaw([MACHINE], files, name)
    pool = tmp_path / "two/vm/pool"
    assert backing(pool / "lab_master.two.img") == str(files.pool / "lab_master.one.img")
    assert (pool / "lab_master.one.img").exists()


def test_restored_the_layer_is_begun_anew(files: Files, tmp_path: Path) -> None:
    memory.freeze([MACHINE], files, "one")
    data_copy.put(tmp_path / "lab", tmp_path / "snapshot")
    memory.thaw([MACHINE], files, "one")
    shutil.rmtree(tmp_path / "lab")
    data_copy.put(tmp_path / "snapshot", tmp_path / "lab")
    memory.thaw([MACHINE], files, "one")
    disk = files.pool / "lab_master.img"
    assert backing(disk) == str(files.pool / "lab_master.one.img")
    assert not disk.samefile(tmp_path / "snapshot/vm/pool/lab_master.img")
