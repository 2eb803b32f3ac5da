"""`up` interrupted while machines boot: by kill -9 of what boots them, of a machine, of itself.

Each time `down` leaves nothing, and after each of them the next `up` goes on.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from tests.repository import ROOT
from tests.vm.conftest import LIMIT, VirtualLab, command_line

pytestmark = pytest.mark.root

UP = ("up", "basic", "--nodes", "vagrant", "--no-pods")
VICTIMS = ["vagrant", "libvirtd", "up", "machine"]


@pytest.fixture
def lab() -> Iterator[VirtualLab]:
    """Nothing is up yet."""
    lab = VirtualLab(f"t-vm-killed-{os.getpid()}")
    yield lab
    lab.run("down")


@pytest.mark.parametrize("victim", VICTIMS)
def test_down_leaves_nothing(lab: VirtualLab, victim: str) -> None:
    links = host_links()
    inside, _ = interrupted(lab, victim)
    lab.run("down")
    wait_for("all of it to end", lambda: (not processes_in(inside) or None, "some live"), 10)
    assert not Path("/var/lib/testbed", lab.name).exists()
    assert not Path("/run/testbed", lab.name).exists()
    assert host_links() == links


def test_up_goes_on(lab: VirtualLab) -> None:
    for victim in VICTIMS:
        _, exit_code = interrupted(lab, victim)
        if exit_code == 0:  # it bore the loss, and machines that are up cannot be interrupted
            lab.run("down")
    lab.run(*UP)
    assert lab.status()["problems"] == []
    assert set(lab.machines()) == {"master", "worker1", "worker2"}


def interrupted(lab: VirtualLab, victim: str) -> tuple[str, int]:
    """Start `up`, kill the victim once machines boot, see `up` end.

    Gives the lab's pid namespace, and how `up` ended. Who was killed decides nothing about that,
    but it never ends with a traceback.
    """
    with subprocess.Popen(
        lab.command(*UP),
        env=lab.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as up:
        try:
            inside = wait_for("a machine to boot", lambda: booting(lab, up), LIMIT)
            os.kill(up.pid if victim == "up" else find(lab, victim, inside), signal.SIGKILL)
            _, said = up.communicate(timeout=LIMIT)
        finally:
            up.kill()  # `down` waits for nobody
    assert "Traceback" not in said, said
    print(f"{victim} killed: exit {up.returncode}\n{said}")
    return inside, up.returncode


def booting(lab: VirtualLab, up: subprocess.Popen[str]) -> tuple[str | None, str]:
    """The pid namespace of the machines, once there is one and vagrant is at it."""
    assert up.poll() is None, f"up ended by itself: {up.communicate()[1]}"
    for pid in lab.machines().values():
        inside = pid_namespace(pid)
        if inside and _named("vagrant", inside):
            return inside, ""
    return None, "no machine yet"


def find(lab: VirtualLab, victim: str, inside: str) -> int:
    if victim == "machine":
        return next(iter(lab.machines().values()))
    return _named(victim, inside)[0]


def _named(program: str, inside: str) -> list[int]:
    """vagrant is a script: its interpreter's process has its path as second word."""
    return [
        pid
        for pid in processes_in(inside)
        if program in {Path(word).name for word in command_line(Path(f"/proc/{pid}")).split()[:2]}
    ]


def processes_in(inside: str) -> list[int]:
    """The processes of a pid namespace."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return sorted(pid for pid in pids if pid_namespace(pid) == inside)


def pid_namespace(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return None  # ended meanwhile


def host_links() -> set[str]:
    return {path.name for path in Path("/sys/class/net").iterdir()}
