"""The lock file: which programs the distribution lacks, and where each may come from."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from testbed.errors import MachineUnfit, TestbedError

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Release:
    """The project's own release: archives and the checksum file beside them."""

    base: str
    path: str
    archives: dict[str, str] = field(hash=False)  # machine (as `uname -m` says) -> file name
    checksums: str

    def archive(self) -> str:
        """The archive for this machine. Raises MachineUnfit if the release has none."""
        machine = platform.machine()
        if machine not in self.archives:
            raise MachineUnfit(f"no release archive for {machine}")
        return self.archives[machine]


@dataclass(frozen=True)
class Build:
    """A build from the Go module; go.mod and go.sum lie in `directory`."""

    directory: Path
    module: str
    packages: str  # where the main packages are, below the module
    go: str  # the oldest Go that can build it
    ldflags: str
    cost: str


@dataclass(frozen=True)
class Artefact:
    """One thing to get, which holds one or more programs."""

    name: str
    title: str
    version: str
    why: str
    programs: tuple[str, ...]
    release: Release
    build: Build


@dataclass(frozen=True)
class Toolchain:
    """The Go toolchain for machines whose own is missing or too old (a Python package)."""

    package: str
    version: str
    sha256: tuple[str, ...]


def _artefact(name: str, raw: dict[str, Any]) -> Artefact:
    build = dict(raw["build"])
    build["directory"] = HERE / "build" / build["directory"]
    return Artefact(
        name=name,
        title=raw["title"],
        version=raw["version"],
        why=raw["why"],
        programs=tuple(raw["programs"]),
        release=Release(**raw["release"]),
        build=Build(**build),
    )


@cache
def _lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((HERE / "lock.json").read_text())
    return lock


def artefacts() -> tuple[Artefact, ...]:
    """Everything in the lock file."""
    return tuple(_artefact(name, raw) for name, raw in _lock().items() if name != "toolchain")


def toolchain() -> Toolchain:
    """The pinned Go toolchain."""
    raw = _lock()["toolchain"]
    return Toolchain(raw["package"], raw["version"], tuple(raw["sha256"]))


def providing(program: str) -> Artefact:
    """The artefact that holds `program`; its own name is accepted too."""
    for artefact in artefacts():
        if program == artefact.name or program in artefact.programs:
            return artefact
    known = ", ".join(p for a in artefacts() for p in a.programs)
    raise TestbedError(f"no artefact holds {program!r}", fix=f"one of: {known}")
