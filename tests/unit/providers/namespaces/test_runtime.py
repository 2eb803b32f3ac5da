"""The wrapper around runc: what it changes in a container's specification, and what it leaves."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.providers.namespaces import runtime

Wrapper = Callable[..., subprocess.CompletedProcess[str]]
READ_ONLY = ["/proc/sys/kernel", "/sys/devices/a|b&c\\d", "/sys/it's"]
# As containerd writes it: one line, and a user's own words in it.
PRIVILEGED: dict[str, object] = {
    "process": {
        "args": ["echo", '"readonlyPaths":["/"]', '"linux":{', '{"allow":true,"access":"rwm"}'],
        "capabilities": {"bounding": ["CAP_MKNOD", "CAP_SYS_ADMIN"]},
    },
    "annotations": {"linux": "{", "readonlyPaths": "["},
    "linux": {"resources": {"devices": [{"allow": True, "access": "rwm"}], "memory": {}}},
}
ORDINARY: dict[str, object] = {
    "linux": {"resources": {"devices": []}, "readonlyPaths": ["/proc/sys"], "maskedPaths": []}
}


@pytest.fixture
def called(tmp_path: Path) -> Wrapper:
    """Calls the wrapper, which calls a runc that says what it was given."""
    (tmp_path / "runc").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "wrapper").write_text(runtime.script(READ_ONLY))
    for name in ("runc", "wrapper"):
        (tmp_path / name).chmod(0o755)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(tmp_path / "wrapper"), *arguments],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )

    return call


def create(called: Wrapper, bundle: Path, spec: object) -> subprocess.CompletedProcess[str]:
    text = spec if isinstance(spec, str) else json.dumps(spec, separators=(",", ":"))
    (bundle / "config.json").write_text(text)
    return called("--root", "/run/x", "create", "--bundle", str(bundle), "--pid-file", "p", "id")


def test_a_privileged_container_writes_nothing_of_the_host(called: Wrapper, tmp_path: Path) -> None:
    done = create(called, tmp_path, PRIVILEGED)
    assert done.stdout.split() == [
        *("--root", "/run/x", "create", "--bundle", str(tmp_path), "--pid-file", "p", "id")
    ], done.stderr
    spec = json.loads((tmp_path / "config.json").read_text())
    assert spec["linux"].pop("readonlyPaths") == READ_ONLY
    nothing, *allowed = spec["linux"]["resources"].pop("devices")
    assert nothing == {"allow": False, "access": "rwm"}
    assert all(rule["type"] == "c" for rule in allowed), "a block device may be the host's disk"
    assert {rule["major"] for rule in allowed} == {1, 5, 10, 136}
    assert spec["linux"] == {"resources": {"memory": {}}}
    for part in ("process", "annotations"):
        assert spec[part] == PRIVILEGED[part]


def test_any_other_container_is_left_as_it_is(called: Wrapper, tmp_path: Path) -> None:
    assert create(called, tmp_path, ORDINARY).returncode == 0
    assert json.loads((tmp_path / "config.json").read_text()) == ORDINARY


def test_calls_without_a_bundle_are_passed_on(called: Wrapper) -> None:
    for arguments in (["--version"], ["delete", "--force", "a b"], ["kill", "create", "9"]):
        assert called(*arguments).stdout.splitlines() == arguments


@pytest.mark.parametrize("text", ["", "{}", '{"linux": {"resources":{}}}', "\0"])
def test_what_cannot_be_closed_is_not_started(called: Wrapper, tmp_path: Path, text: str) -> None:
    done = create(called, tmp_path, text)
    assert done.returncode == 1
    assert "no privileged container is started" in done.stderr
    assert not done.stdout


def test_no_specification_no_container(called: Wrapper, tmp_path: Path) -> None:
    done = called("create", "--bundle", str(tmp_path / "absent"), "id")
    assert done.returncode != 0
    assert not done.stdout


def test_paths_cover_all_but_what_is_a_containers_own(tmp_path: Path) -> None:
    files = {
        "proc/sys/kernel/panic": 0o644,
        "proc/sys/net/ipv4/ip_forward": 0o644,
        "proc/sysrq-trigger": 0o200,
        "proc/version": 0o444,
        "proc/mtrr": 0o644,
        "proc/irq/0/smp_affinity": 0o644,
        "proc/1/oom_score_adj": 0o644,
        "proc/self/oom_score_adj": 0o644,
        "sys/fs/cgroup/x": 0o644,
        "sys/fs/ext4/x": 0o644,
        "sys/devices/virtual/net/lo/mtu": 0o644,
        "sys/devices/virtual/block/x": 0o644,
        "sys/devices/system/cpu/online": 0o644,
        "sys/module/x": 0o644,
    }
    for name, mode in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "proc/mounts").symlink_to("self/mounts")
    assert runtime.read_only_paths(tmp_path / "proc", tmp_path / "sys") == [
        "/proc/irq",
        "/proc/mtrr",
        "/proc/sys/kernel",
        "/proc/sysrq-trigger",
        "/sys/devices/system",
        "/sys/devices/virtual/block",
        "/sys/fs/ext4",
        "/sys/module",
    ]
