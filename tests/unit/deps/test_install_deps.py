"""scripts/install-deps where it cannot help: one clear line, exit 4, nothing done.

The machine is played by a PATH that holds stand-ins for dpkg-query, apt-get, id and sudo.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT

REAL = ("bash", "cat", "dirname", "flock", "grep", "paste", "sed", "sha256sum")


def wanted(file: str) -> list[str]:
    """A list's packages; of alternatives, the first."""
    lines = (line.split("#")[0] for line in (ROOT / file).read_text().splitlines())
    return [line.split("|")[0].strip() for line in lines if line.strip()]


WANTED = wanted("packages.apt")


class Machine:
    """A PATH of the test's own."""

    def __init__(self, directory: Path) -> None:
        self.bin = directory
        for name in REAL:
            (directory / name).symlink_to(shutil.which(name) or name)

    def has(self, name: str, script: str) -> None:
        """A stand-in for a program."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def has_packages(self, states: dict[str, str]) -> None:
        """What dpkg knows: package -> status; it fails, as when asked for an unknown one."""
        lines = "".join(f"echo '{name} {status} '\n" for name, status in states.items())
        self.has("dpkg-query", f"{lines}exit 1")

    def install_deps(self, *lists: str) -> subprocess.CompletedProcess[str]:
        """Run the script there."""
        return subprocess.run(
            [str(self.bin / "bash"), str(ROOT / "scripts" / "install-deps"), *lists],
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A user's machine with apt, where frr alone is missing."""
    machine = Machine(tmp_path)
    machine.has_packages({name: "ii" for name in WANTED if name != "frr"})
    machine.has("apt-get", "echo apt-get must not run >&2; exit 99")
    machine.has("id", "echo 1000")
    return machine


def test_no_sudo(machine: Machine) -> None:
    done = machine.install_deps()
    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        "installing from the distribution: frr",
        "install-deps: installing packages needs root, and sudo is not here; "
        "as root: apt-get install --no-install-recommends frr",
    ]


def test_sudo_refused(machine: Machine) -> None:
    machine.has("sudo", "echo 'a terminal is required' >&2; exit 1")
    done = machine.install_deps()
    assert done.returncode == 4
    assert done.stderr.splitlines()[1:] == [
        "install-deps: sudo was refused; as root: apt-get install --no-install-recommends frr"
    ]


def test_root_part_has_already_said_why(machine: Machine) -> None:
    machine.has("sudo", '[ "$1" = -n ] || { echo "install-deps: because" >&2; exit 4; }')
    done = machine.install_deps()
    assert done.returncode == 4
    assert done.stderr.splitlines()[1:] == ["install-deps: because"]


def test_removed_but_configured_is_missing(machine: Machine) -> None:
    machine.has_packages({name: "rc" if name == "tcpdump" else "ii" for name in WANTED})
    assert "installing from the distribution: tcpdump\n" in machine.install_deps().stderr


def test_dockers_containerd_is_kept(machine: Machine) -> None:
    """It brings runc too, and neither it nor the distribution's bears the other beside it."""
    have = set(WANTED) - {"containerd", "runc", "frr"} | {"containerd.io"}
    machine.has_packages(dict.fromkeys(have, "ii"))
    assert "installing from the distribution: frr\n" in machine.install_deps().stderr


def test_without_any_alternative_the_first_is_installed(machine: Machine) -> None:
    have = set(WANTED) - {"containerd", "runc"}
    machine.has_packages({**dict.fromkeys(have, "ii"), "containerd.io": "rc"})
    assert "installing from the distribution: containerd runc\n" in machine.install_deps().stderr


def test_on_hold_is_installed(machine: Machine) -> None:
    machine.has_packages({name: "hi" for name in WANTED if name != "frr"})
    assert "installing from the distribution: frr\n" in machine.install_deps().stderr


def test_dot_in_a_name_is_a_dot(machine: Machine) -> None:
    have = set(WANTED) - {"containerd", "runc"} | {"containerd-io"}
    machine.has_packages(dict.fromkeys(have, "ii"))
    assert "installing from the distribution: containerd runc\n" in machine.install_deps().stderr


def test_no_apt(tmp_path: Path) -> None:
    done = Machine(tmp_path).install_deps()
    assert done.returncode == 4
    [line] = done.stderr.splitlines()
    assert line.startswith("install-deps: no apt here")
    assert all(name in line for name in WANTED)


def test_a_further_list_is_installed_where_it_is_asked_for(machine: Machine) -> None:
    machine.has_packages(dict.fromkeys(WANTED, "ii"))
    more = [name for name in wanted("packages-vm.apt") if name not in WANTED]
    said = machine.install_deps("packages-vm.apt").stderr
    assert f"installing from the distribution: {' '.join(more)}\n" in said
