"""The processor time that control groups leave a process, as both versions have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.host.cpu_quota import NONE, UNKNOWN, cpu_quota

V1 = "30 23 0:26 {root} {mount} rw - cgroup cgroup rw,cpu,cpuacct\n"
V2 = "30 23 0:26 {root} {mount} rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


def process(directory: Path, mounts: str, groups: str, root: str = "/") -> Path:
    proc = directory / "proc"
    proc.mkdir()
    (proc / "mountinfo").write_text(mounts.format(mount=directory / "tree", root=root))
    (proc / "cgroup").write_text(groups)
    return proc


def group(directory: Path, path: str, **files: str) -> None:
    (directory / "tree" / path).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / "tree" / path / name.replace("_", ".", 1)).write_text(text + "\n")


def test_the_tightest_of_all_groups_counts(tmp_path: Path) -> None:
    group(tmp_path, "a/b", cpu_max="max 100000")
    group(tmp_path, "a", cpu_max="150000 100000")
    group(tmp_path, "", cpu_max="400000 100000")
    assert cpu_quota(process(tmp_path, V2, "0::/a/b\n")) == "1.5 processors"


def test_the_part_of_a_tree_that_a_container_sees(tmp_path: Path) -> None:
    group(tmp_path, "", cpu_cfs_quota_us="50000", cpu_cfs_period_us="100000")
    proc = process(tmp_path, V1, "4:cpu,cpuacct:/docker/x\n0::/\n", root="/docker/x")
    assert cpu_quota(proc) == "0.5 processors"


def test_no_limit(tmp_path: Path) -> None:
    group(tmp_path, "", cpu_cfs_quota_us="-1", cpu_cfs_period_us="100000")
    assert cpu_quota(process(tmp_path, V1, "4:cpu:/\n")) == NONE


@pytest.mark.parametrize("mounts", ["", "30 23 0:26 / /x rw - cgroup cgroup rw,memory\n"])
def test_no_tree_with_the_processor(tmp_path: Path, mounts: str) -> None:
    assert cpu_quota(process(tmp_path, mounts, "4:cpu:/\n")) == UNKNOWN
