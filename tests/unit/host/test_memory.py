"""Memory under the limits of control groups, staged as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.host.memory import Room, smallest

MIB = 1 << 20
MACHINE = Room(8000 * MIB)


def group(
    directory: Path, kind: int, limit: str, used: int, cache: int = 0, others: str = "anon 5\n"
) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    names = {
        2: ("memory.max", "memory.current", "inactive_file"),
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    }[kind]
    (directory / names[0]).write_text(f"{limit}\n")
    (directory / names[1]).write_text(f"{used}\n")
    (directory / "memory.stat").write_text(f"{others}{names[2]} {cache}\n")


@pytest.mark.parametrize("kind", [1, 2])
def test_the_tightest_group_above_counts_and_caches_are_given_back(
    tmp_path: Path, kind: int
) -> None:
    group(tmp_path / "box", kind, str(512 * MIB), 400 * MIB, cache=100 * MIB)
    group(tmp_path / "box" / "inner", kind, str(4096 * MIB), 300 * MIB)
    assert smallest(MACHINE, tmp_path, "/box/inner", kind) == Room(212 * MIB, 512 * MIB)


@pytest.mark.parametrize(("kind", "limit"), [(1, "9223372036854771712"), (2, "max")])
def test_without_a_limit_the_machine_counts(tmp_path: Path, kind: int, limit: str) -> None:
    group(tmp_path, kind, limit, 400 * MIB)
    assert smallest(MACHINE, tmp_path, "/", kind) == MACHINE


def test_groups_that_are_not_shown_are_passed_over(tmp_path: Path) -> None:
    """As in a container without a cgroup namespace: the path is the host's, the mount is not."""
    group(tmp_path, 1, str(100 * MIB), 40 * MIB)
    assert smallest(MACHINE, tmp_path, "/docker/abc", 1) == Room(60 * MIB, 100 * MIB)


def test_more_used_than_allowed_leaves_nothing(tmp_path: Path) -> None:
    group(tmp_path, 2, str(10 * MIB), 11 * MIB)
    assert smallest(MACHINE, tmp_path, "/", 2).free == 0
