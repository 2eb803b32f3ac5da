"""Control groups: what /proc/PID/cgroup says on hosts of version 1, hybrid and version 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.host import cgroups
from testbed.host.cgroups import Hierarchy
from testbed.host.lab_cgroups import RECORD, plan_for, recorded

HYBRID = """\
3:name=systemd:/user.slice/session-1.scope
2:cpu,cpuacct:/
1:memory:/a
0::/user.slice
"""
UNIFIED = "0::/user.slice/user-1000.slice/session-3.scope\n"


def test_hybrid() -> None:
    found = cgroups.hierarchies(HYBRID)
    assert found == [
        Hierarchy("systemd", "cgroup", "none,name=systemd", "/user.slice/session-1.scope"),
        Hierarchy("cpu,cpuacct", "cgroup", "cpu,cpuacct", "/"),
        Hierarchy("memory", "cgroup", "memory", "/a"),
        Hierarchy("unified", "cgroup2", "", "/user.slice"),
    ]
    assert cgroups.version(found) == 1
    assert cgroups.tree_dir(found, found[2], Path("/at")) == Path("/at/memory")


def test_unified() -> None:
    found = cgroups.hierarchies(UNIFIED)
    assert cgroups.version(found) == 2
    assert cgroups.tree_dir(found, found[0], Path("/at")) == Path("/at")


def test_a_lab_gets_a_group_below_the_callers_in_every_tree() -> None:
    paths = [h.path for h in plan_for("x", cgroups.hierarchies(HYBRID))]
    assert paths == [
        "/user.slice/session-1.scope/testbed-x",
        "/testbed-x",
        "/a/testbed-x",
        "/user.slice/testbed-x",
    ]


@pytest.mark.parametrize("text", ["", "[", "{}", '[{"name": 1}]', "null"])
def test_a_damaged_record_is_no_record(tmp_path: Path, text: str) -> None:
    (tmp_path / RECORD).write_text(text)
    assert recorded(tmp_path) == []


def test_a_new_cpuset_inherits(tmp_path: Path) -> None:
    """Version 1 refuses processes in a cpuset without processors."""
    group = tmp_path / "lab"
    group.mkdir()
    (tmp_path / "cpuset.cpus").write_text("0-1\n")
    (group / "cpuset.cpus").write_text("\n")
    cgroups.make_and_join(group)
    assert (group / "cpuset.cpus").read_text() == "0-1"


def test_a_group_in_use_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "lab/node/pod").mkdir(parents=True)
    (tmp_path / "lab/node/cgroup.procs").touch()  # a plain file keeps a directory, as a process
    assert cgroups.remove_tree(tmp_path / "lab") is False
    assert not (tmp_path / "lab/node/pod").exists()
    (tmp_path / "lab/node/cgroup.procs").unlink()
    assert cgroups.remove_tree(tmp_path / "lab") is True
    assert cgroups.remove_tree(tmp_path / "lab") is True
