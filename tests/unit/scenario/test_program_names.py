"""A module that runs as a process of its own says so by its name: it ends in `_main`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testbed.paths import PACKAGE

_RUNS_ITSELF = re.compile(r'^if __name__ == "__main__":', re.MULTILINE)
# own_program("testbed.x", …), or the module as a word of a command that is put together
_STARTED = re.compile(
    r'(?:own_program\(|"-m",|MODULE,)\s*"(testbed(?:\.\w+)*)"|"(testbed\.\w+(?:\.\w+)+_main)"'
)


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def is_program(module: str) -> bool:
    """By name, or a package that has a __main__ of its own."""
    package = PACKAGE.parent.joinpath(*module.split("."))
    return module.endswith("_main") or (package / "__main__.py").exists()


def exists(module: str) -> bool:
    path = PACKAGE.parent.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


PROGRAMS = [file for file in sources() if _RUNS_ITSELF.search(file.read_text())]
STARTED = {a or b for file in sources() for a, b in _STARTED.findall(file.read_text())}


def test_the_programs_are_found() -> None:
    names = {file.stem for file in PROGRAMS}
    assert {"guest_agent_main", "execute_main", "lab_init_main", "status_watcher_main"} <= names
    assert {"testbed", "testbed.scenario.run.execute_main"} <= STARTED


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda f: f.stem)
def test_a_program_is_named_as_one(file: Path) -> None:
    assert file.stem.endswith("_main") or file.stem in ("main", "__main__")


@pytest.mark.parametrize("file", [f for f in sources() if f.stem.endswith("_main")])
def test_only_programs_are_named_so(file: Path) -> None:
    assert file in PROGRAMS or file.stem == "__main__"


@pytest.mark.parametrize("module", sorted(STARTED))
def test_what_is_started_is_a_program(module: str) -> None:
    assert is_program(module) and exists(module)
