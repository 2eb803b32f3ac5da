"""What doctor says of a machine that is to carry Kubernetes."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.doctor import cluster
from testbed.providers.storage import disk_problems


@pytest.mark.parametrize(
    ("version", "there", "level", "seen"),
    [
        (1, {"cpu", "cpuset", "memory", "pids", "blkio"}, "ok", "version 1"),
        (2, {"cpu", "memory", "pids"}, "fail", "version 2 lacks cpuset"),
        (2, set(), "fail", "version 2 lacks cpu, cpuset, memory, pids"),
    ],
)
def test_control_groups(version: int, there: set[str], level: str, seen: str) -> None:
    verdict = cluster.controllers(version, there)
    assert (verdict.level, verdict.seen) == (level, seen)


def test_a_machine_without_overlayfs_has_the_light_mode() -> None:
    assert cluster.overlayfs("nodev\tsysfs\nnodev\toverlay\n\text4\n", False).level == "ok"
    assert cluster.overlayfs("\text4\n", True).level == "ok", "mounting one loads the module"
    verdict = cluster.overlayfs("\text4\n", False)
    assert verdict.level == "fail"
    assert "--cluster none" in verdict.fix


@pytest.mark.parametrize(("mebibytes", "level"), [(4096, "ok"), (1024, "warn"), (100, "fail")])
def test_room_for_what_nodes_keep(mebibytes: int, level: str) -> None:
    verdict = cluster.disk(mebibytes << 20, Path("/var/lib/testbed"))
    assert verdict.level == level
    assert "/var/lib/testbed" in verdict.seen
    assert level == "ok" or "TESTBED_DATA" in verdict.fix


def test_status_tells_of_a_disk_that_is_full() -> None:
    assert disk_problems(1 << 30, Path("/data/mine")) == []
    assert disk_problems(5 << 20, Path("/data/mine"))[0].startswith("5 MB are free for /data/mine")
