"""Reads the lock file: the programs that the distribution lacks, and their sources.

`version` names what is cached. When our own recipe changes what it builds, the version gets a
suffix (1.15.0-2), or caches would keep the old build.
"""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from testbed.errors import MachineUnfit, TestbedError

HERE = Path(__file__).parent
GO_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}  # `uname -m` -> as releases are named


@dataclass(frozen=True)
class ReleaseFile:
    """One file of a release: a program, or an archive (.tar.gz, .tgz) that holds programs."""

    base: str
    file: str
    checksums: str
    programs: tuple[str, ...]
    inside: str = ""  # where in the archive the programs are, with a slash at its end

    @property
    def is_archive(self) -> bool:
        """Whether the programs must be unpacked."""
        return self.file.endswith((".tar.gz", ".tgz"))


@dataclass(frozen=True)
class Build:
    """A build from Go modules; go.mod and go.sum lie in `directory`."""

    directory: Path
    packages: dict[str, str] = field(hash=False)  # file -> its package; NAME.test: as a test
    go: str  # the oldest Go that can build it
    cost: str
    tags: str = ""
    ldflags: str = ""


@dataclass(frozen=True)
class Artefact:
    """One thing to get, which holds one or more programs.

    A program that no package of the build is named after is a link to the build's one file,
    which looks at the name that it was called by. `optional` ones are fetched only by name.
    """

    name: str
    title: str
    version: str
    why: str
    programs: tuple[str, ...]
    build: Build
    # Any: lock.json is our own file, read as it is written; a unit test checks its shape
    releases: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    optional: bool = False

    def release(self) -> tuple[ReleaseFile, ...]:
        """The release's files for this machine. Raises MachineUnfit if there are none."""
        machine = platform.machine()
        if not self.releases:
            raise MachineUnfit("there is no release of it")
        if machine not in GO_NAMES:
            raise MachineUnfit(f"no release for {machine}")
        arch = GO_NAMES[machine]
        return tuple(file for raw in self.releases for file in _release_files(raw, arch))


@dataclass(frozen=True)
class Toolchain:
    """The Go toolchain for machines whose own is missing or too old (a Python package)."""

    package: str
    version: str
    sha256: tuple[str, ...]


def _release_files(raw: dict[str, Any], arch: str) -> list[ReleaseFile]:
    # {program} in the name: a file for each
    single = "{program}" in raw["file"]
    groups = [(name,) for name in raw["programs"]] if single else [tuple(raw["programs"])]
    return [
        ReleaseFile(
            base=raw["base"],
            file=raw["file"].format(arch=arch, program=names[0]),
            checksums=raw["checksums"].format(arch=arch, program=names[0]),
            programs=names,
            inside=raw.get("inside", "").format(arch=arch),
        )
        for names in groups
    ]


def _read_artefact(name: str, raw: dict[str, Any]) -> Artefact:
    build = dict(raw["build"])
    build["directory"] = HERE / "build" / build["directory"]
    return Artefact(
        name=name,
        title=raw["title"],
        version=raw["version"],
        why=raw["why"],
        programs=tuple(raw["programs"]),
        build=Build(**build),
        releases=tuple(raw.get("release", ())),
        optional=raw.get("optional", False),
    )


@cache
def _read_lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((HERE / "lock.json").read_text())
    return lock


def artefacts() -> tuple[Artefact, ...]:
    """Everything in the lock file."""
    return tuple(
        _read_artefact(name, raw) for name, raw in _read_lock().items() if name != "toolchain"
    )


def needed() -> tuple[Artefact, ...]:
    """What a lab needs: everything but the optional artefacts."""
    return tuple(artefact for artefact in artefacts() if not artefact.optional)


def toolchain() -> Toolchain:
    """The pinned Go toolchain."""
    raw = _read_lock()["toolchain"]
    return Toolchain(raw["package"], raw["version"], tuple(raw["sha256"]))


def providing(program: str) -> Artefact:
    """The artefact that holds `program`; its own name is accepted too."""
    for artefact in artefacts():
        if program == artefact.name or program in artefact.programs:
            return artefact
    known = ", ".join(p for a in artefacts() for p in a.programs)
    raise TestbedError(f"no artefact holds {program!r}", fix=f"one of: {known}")
