"""What doctor says of a machine that is to carry Kubernetes."""

from __future__ import annotations

import pytest

from testbed.doctor import cluster


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
    assert cluster.overlayfs("nodev\tsysfs\nnodev\toverlay\n\text4\n").level == "ok"
    verdict = cluster.overlayfs("\text4\n")
    assert verdict.level == "fail"
    assert "--cluster none" in verdict.fix
