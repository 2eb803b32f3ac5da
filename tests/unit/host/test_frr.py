"""FRR by its version: what distributions have, and what a router runs of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.doctor.machine import frr_version
from testbed.errors import MachineUnfit
from testbed.host import frr

OLD = ["zebra", "bfdd", "isisd", "bgpd"]
NEW = ["mgmtd", *OLD]


@pytest.mark.parametrize(
    ("said", "version", "daemons"),
    [
        ("zebra version 8.1\nCopyright", (8, 1), OLD),  # Ubuntu 22.04
        ("zebra version 8.4.4\nCopyright", (8, 4), OLD),  # Debian 12, Ubuntu 24.04
        ("zebra version 9.1.3", (9, 1), OLD),
        ("zebra version 10.0", (10, 0), NEW),
        ("zebra version 10.3\nCopyright", (10, 3), NEW),  # Debian 13
        ("zebra version 10.5.1-0~deb12u1", (10, 5), NEW),  # the project's own packages
    ],
)
def test_daemons_follow_the_version(said: str, version: frr.Version, daemons: list[str]) -> None:
    assert frr.parse_version(said) == version
    assert [daemon.name for daemon in frr.daemons(version)] == daemons


def test_who_is_looked_for_starts_first() -> None:
    """Each daemon has a socket that the next one, or `up`, waits for."""
    for version in frr.TRIED:
        found = frr.daemons(version)
        assert all(daemon.socket for daemon in found)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where FRR's programs would be."""
    monkeypatch.setattr(frr, "DIRECTORY", tmp_path)
    frr.installed.cache_clear()
    yield tmp_path
    frr.installed.cache_clear()


def install(directory: Path, said: str, *daemons: str) -> None:
    for name in daemons:
        (directory / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (directory / name).chmod(0o755)


def test_an_installation(directory: Path) -> None:
    install(directory, "zebra version 10.3", *NEW)
    assert [daemon.name for daemon in frr.installed()] == NEW


@pytest.mark.usefixtures("directory")
def test_not_installed() -> None:
    with pytest.raises(MachineUnfit, match="FRR is not installed"):
        frr.installed()


def test_a_daemon_that_the_version_needs_is_missing(directory: Path) -> None:
    install(directory, "zebra version 10.3", *OLD)
    with pytest.raises(MachineUnfit, match="FRR has no mgmtd"):
        frr.installed()


def test_a_version_that_nobody_can_read(directory: Path) -> None:
    install(directory, "zebra, a fine daemon", *NEW)
    with pytest.raises(MachineUnfit, match="the version of FRR is not known") as said:
        frr.installed()
    assert said.value.why == "zebra, a fine daemon"


@pytest.mark.parametrize(
    ("version", "level", "seen"),
    [
        ((8, 4), "ok", "8.4: zebra, bfdd, isisd, bgpd"),
        ((10, 3), "ok", "10.3: mgmtd, zebra, bfdd, isisd, bgpd"),
        ((10, 5), "note", "10.5: mgmtd, zebra, bfdd, isisd, bgpd; 8.4 and 10.3 were tried"),
    ],
)
def test_doctor_knows_the_version(version: frr.Version, level: str, seen: str) -> None:
    verdict = frr_version(version, [daemon.name for daemon in frr.daemons(version)])
    assert (verdict.level, verdict.seen) == (level, seen)
