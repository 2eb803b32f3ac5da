"""Whether KVM is real here: a writable /dev/kvm proves nothing, so the box's kernel is booted."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from testbed.host.run import run
from testbed.providers.vagrant.box.box import Box

DEVICE = Path("/dev/kvm")
QEMU = "qemu-system-x86_64"
PATIENCE = 5.0  # seconds; a real one needs less than two
_WORD = b"testbed-boots"  # templates/box/init says it
_COST = "virtual machines are emulated in software, about eight times slower"


@dataclass(frozen=True)
class Verdict:
    """The driver to use, and why in one line."""

    driver: str  # as Vagrant calls it: kvm or qemu
    why: str

    @property
    def emulated(self) -> bool:
        return self.driver == "qemu"


def without_kvm() -> Verdict | None:
    """Software emulation, where there is no KVM to try."""
    if not DEVICE.exists():
        return Verdict("qemu", f"no {DEVICE}: {_COST}")
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return Verdict("qemu", f"{DEVICE} is not ours to use: {_COST}")
    return None


@cache
def choose(box: Box) -> Verdict:
    """KVM where our own box boots with it within PATIENCE seconds, else software emulation."""
    if (verdict := without_kvm()) is not None:
        return verdict
    why = _boot_kernel(box)
    if why is None:
        return Verdict("kvm", "KVM: a test boot succeeded")
    return Verdict("qemu", f"KVM does not work here ({why}): {_COST}")


@cache
def qemu_version() -> str:
    """As QEMU words it: 7.2.22 (Debian …). Raises TestbedError."""
    first = run([QEMU, "--version"]).stdout.partition("\n")[0]
    return first.partition("version ")[2] or first


def _boot_kernel(box: Box) -> str | None:
    """Boot to the first program and off again; None, or what went wrong."""
    command = [QEMU, "-accel", "kvm", "-cpu", "host", "-m", "256", "-nodefaults", "-no-reboot"]
    command += ["-display", "none", "-serial", "stdio"]
    command += ["-kernel", str(box.kernel), "-initrd", str(box.initrd)]
    command += ["-append", "console=ttyS0 panic=-1 testbed.probe"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE
        )
    except FileNotFoundError:
        return f"{QEMU} is missing"
    except subprocess.TimeoutExpired as error:
        said = _WORD in (error.stdout or b"")
        return None if said else f"a test boot did not end within {PATIENCE:g} s"
    if _WORD in done.stdout:
        return None
    words = done.stderr.decode(errors="replace").strip().splitlines()
    return words[-1].rpartition(": ")[2] if words else "the test boot ended without a word"
