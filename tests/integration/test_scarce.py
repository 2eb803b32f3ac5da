"""Machines that lack something: memory under a limit, room in /run, the device for taps."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from testbed.host import cgroups
from testbed.host.wait import wait_for
from tests.integration.lab_driver import PATIENCE, Lab
from tests.integration.sandbox import Sandbox, lab_name

pytestmark = pytest.mark.root

POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: by-the-router}
spec:
  endpoint: worker2
  color: 94
  family: IPv4
  candidates:
    - segmentLists: [{segments: [r1, worker2]}]
"""
APPLY = ("policy", "apply", "-f", "/tmp/policy.yaml")
CREATE = ("pod", "create", "x", "--node", "worker1")


@pytest.fixture
def before(sandbox: Sandbox) -> dict[str, list[str]]:
    return sandbox.snapshot()


@contextmanager
def limited(mebibytes: int) -> Iterator[str]:
    """A control group with so much memory; gives the file that takes processes into it."""
    groups = cgroups.own()
    kind = cgroups.version(groups)
    ours = next(h for h in groups if kind == 2 or h.name == "memory")
    above = cgroups.tree_dir(groups, ours, Path("/sys/fs/cgroup")) / ours.path.lstrip("/")
    group = above / lab_name("small")
    limit = group / ("memory.max" if kind == 2 else "memory.limit_in_bytes")
    group.mkdir()
    try:
        limit.write_text(str(mebibytes << 20))
        yield str(group / "cgroup.procs")
    finally:
        wait_for("the group to be empty", lambda: _removed(group), 30, 0.1)


def _removed(group: Path) -> tuple[bool | None, str]:
    try:
        group.rmdir()
    except OSError:
        return None, (group / "cgroup.procs").read_text()
    return True, ""


@pytest.mark.night
def test_what_the_kernel_kills_without_memory_leaves_nothing(
    boxed: Lab, before: dict[str, list[str]]
) -> None:
    with limited(150) as group:
        script = f"echo $$ > {group}; exec {sys.executable} -B -m testbed up basic"
        done = subprocess.run(
            boxed.box.inside("sh", "-c", script),
            env=boxed.env(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        # whom the kernel kills, and whether `up` is among them, is the kernel's choice
        assert "Traceback" not in done.stderr and "bug in testbed" not in done.stderr
        again = boxed.run("up", "basic", expect=None)  # of the lab's programs the limit holds on
        assert "bug in testbed" not in again.stderr
        assert again.returncode == 0 or again.stderr.strip(), again.stdout
        boxed.run("down")
    boxed.box.wait_until_like(before)


def test_a_full_run_directory_of_a_running_lab(boxed: Lab) -> None:
    boxed.run("up", "basic")
    inside = f"nsenter --target {boxed.init()} --mount sh -ec"
    boxed.box.do(f"{inside} 'mount -o remount,size=64m /run'")
    boxed.box.do(f"{inside} 'head -c 80M /dev/zero >/run/ballast || true'")
    Path(f"/proc/{boxed.box.init}/root/tmp/policy.yaml").write_text(POLICY)
    for command in (APPLY, CREATE):
        said = boxed.run(*command, expect=1).stderr
        assert "No space left on device" in said, said
    boxed.run("status", expect=None)
    boxed.box.do(f"{inside} 'rm /run/ballast'")
    boxed.run("wait", "--timeout", "60")
    boxed.run(*APPLY)
    boxed.run(*CREATE)
    boxed.run("wait", "--timeout", "60")


def test_without_the_device_for_taps_only_machines_are_refused(boxed: Lab) -> None:
    boxed.box.do("mount -t tmpfs tmpfs /dev/net")
    try:
        said = boxed.run("doctor", expect=None).stdout
        assert "no /dev/net/tun" in said or "virtual machines" in said
        boxed.run("up", "basic")
        assert boxed.status()["problems"] == []
        boxed.run("down")
        machines = ("up", "basic", "--nodes", "vagrant")
        said = boxed.run(*machines, expect=4, TESTBED_CLUSTER="kubernetes").stderr
        assert "/dev/net/tun" in said or "make deps NODES=vagrant" in said
    finally:
        boxed.box.do("umount /dev/net")
