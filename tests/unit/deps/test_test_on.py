"""scripts/test-on: where a root's packages come from, what is copied into it, what is refused."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT

OURS = """\
http://deb.example.org/debian/ bookworm main
http://deb.example.org/debian/ bookworm-updates main
http://deb.example.org/debian-security/ bookworm-security main
http://deb.example.org/debian/ bookworm contrib
http://vendor.example.org/tools/ cloud-bookworm main
http://vendor.example.org/node/ nodistro main
http://deb.example.org/other/ bookwormish main
"""


def library(tmp_path: Path, call: str, **programs: str) -> subprocess.CompletedProcess[str]:
    """Call a function of release-root.sh, with stand-ins for programs, on a Debian 12."""
    for name, script in programs.items():
        file = tmp_path / name.replace("_", "-")
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
    release = tmp_path / "os-release"
    release.write_text("ID=debian\nVERSION_CODENAME=bookworm\n")
    script = 'set -euo pipefail; die() { echo "$*" >&2; exit 4; }; . scripts/lib/release-root.sh; '
    return subprocess.run(
        ["bash", "-c", script + call],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "OS_RELEASE": str(release)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_sources_are_this_machines_with_the_suite_replaced(tmp_path: Path) -> None:
    (tmp_path / "known").write_text(OURS)
    done = library(tmp_path, "sources_for trixie", apt_get=f"cat {tmp_path}/known")
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == [
        "deb http://deb.example.org/debian-security/ trixie-security main",
        "deb http://deb.example.org/debian/ trixie contrib",
        "deb http://deb.example.org/debian/ trixie main",
        "deb http://deb.example.org/debian/ trixie-updates main",
    ]


def test_without_a_source_of_this_release_nothing_is_removed(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/.testbed-root").touch()
    done = library(tmp_path, f"make_root trixie {tmp_path}/root", apt_get="exit 0")
    assert done.returncode == 4
    assert "no source of this machine's own release" in done.stderr
    assert (tmp_path / "root").exists()


def test_half_a_root_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "known").write_text(OURS)
    done = library(
        tmp_path,
        f"make_root trixie {tmp_path}/root",
        apt_get=f"cat {tmp_path}/known",
        mmdebstrap='mkdir -p "$5/etc"; exit 1',
    )
    assert done.returncode == 4
    assert "no root of trixie could be made" in done.stderr
    assert not list(tmp_path.glob("root*"))


def test_only_its_own_roots_are_removed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    done = library(tmp_path, f"remove_root {root}")
    assert done.returncode == 4
    assert root.exists()
    (root / ".testbed-root").touch()
    assert library(tmp_path, f"remove_root {root}").returncode == 0
    assert not root.exists()
    assert library(tmp_path, f"remove_root {root}").returncode == 0


def test_the_copy_is_what_lies_here_and_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / ".venv").mkdir(parents=True)
    (copy / "left-over.py").touch()
    assert library(tmp_path, f"copy_clone {copy}").returncode == 0
    assert (copy / "testbed/paths.py").read_text() == (ROOT / "testbed/paths.py").read_text()
    assert os.access(copy / "scripts/install-deps", os.X_OK)
    assert not (copy / "left-over.py").exists()
    assert not any((copy / ".venv").iterdir()), "its own environment stays, ours is not copied"
    assert not (copy / ".git").exists()


@pytest.mark.parametrize("suite", ["", "../trixie", "trixie main", "-v"])
def test_a_suite_is_a_name(tmp_path: Path, suite: str) -> None:
    done = subprocess.run(
        [str(ROOT / "scripts/test-on"), suite],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 4
    assert done.stderr == "test-on: which release? make test-on SUITE=trixie\n"
    assert not any(tmp_path.iterdir())
