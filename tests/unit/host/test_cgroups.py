"""Control groups: what /proc/PID/cgroup says on hosts of version 1, hybrid and version 2."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host import cgroups, systemd
from testbed.host.cgroups import Hierarchy
from testbed.host.lab_cgroups import RECORD, giver, plan_for, recorded

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
    paths = [h.path for h in plan_for("x", cgroups.hierarchies(HYBRID), None)]
    assert paths == [
        "/user.slice/session-1.scope/testbed-x",
        "/testbed-x",
        "/a/testbed-x",
        "/user.slice/testbed-x",
    ]


def test_a_lab_gets_one_group_of_version_2() -> None:
    options = "nsdelegate"
    found = cgroups.hierarchies(UNIFIED, options)
    assert plan_for("x", found, systemd.group("x")) == [
        Hierarchy("unified", "cgroup2", options, "/system.slice/testbed-x.scope")
    ]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("rw,nsdelegate,memory_recursiveprot", "nsdelegate,memory_recursiveprot"),
        ("rw,seclabel,nsdelegate", "nsdelegate"),
        ("rw", ""),
    ],
)
def test_the_trees_options_stay_as_they_are(options: str, kept: str) -> None:
    mounts = (
        "25 1 0:22 / /proc rw,relatime shared:5 - proc proc rw\n"
        f"31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 master:1 - cgroup2 cgroup2 {options}\n"
    )
    assert cgroups.unified_options(mounts) == kept
    assert cgroups.unified_options(mounts.splitlines()[0]) == ""


NEEDED = "cpuset cpu io memory pids\n"


@pytest.mark.parametrize(
    ("passed_on", "expected"),
    [
        ({"": NEEDED, "a": "", "a/b": ""}, "/"),
        ({"": NEEDED, "a": NEEDED, "a/b": "memory pids\n"}, "/a"),
        ({"": "", "a": "", "a/b": NEEDED}, "/a/b"),
    ],
)
def test_without_systemd_a_lab_goes_where_controllers_are(
    tmp_path: Path, passed_on: dict[str, str], expected: str
) -> None:
    for group, names in passed_on.items():
        (tmp_path / group).mkdir(exist_ok=True)
        (tmp_path / group / "cgroup.subtree_control").write_text(names)
    assert giver("/a/b", tmp_path) == expected


def test_nobody_gives_a_lab_controllers(tmp_path: Path) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("memory pids\n")
    with pytest.raises(TestbedError, match=r"\+cpu \+cpuset \+memory \+pids") as caught:
        giver("/a", tmp_path)
    assert caught.value.exit_code == 4


def test_controllers_are_passed_on_by_a_group_without_processes(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("memory\n")
    cgroups.pass_controllers_on(tmp_path)
    assert (tmp_path / "init/cgroup.procs").read_text() == str(os.getpid())
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"


def test_a_scope_is_asked_for_by_name() -> None:
    command = systemd.launcher("x")
    assert command[0] == "systemd-run"
    assert command[-1] == "--"
    assert {"--property=Delegate=yes", "--unit=testbed-x.scope"} <= set(command)


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
