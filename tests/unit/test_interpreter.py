"""Python is started by testbed.interpreter alone, and takes nothing from the caller's place."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import testbed
from testbed.interpreter import own_code, own_file, own_program
from testbed.providers.vagrant.guest.payload import MODULE, PYTHON
from tests.repository import ROOT

SCRIPTS = ("templates", "scripts", ".ci")
PLANTED = "from pathlib import Path\nPath(__file__).with_suffix('.ran').touch()\n"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A directory with modules that leave a file beside them when they are imported."""
    for name in ("json.py", "runpy.py", "sitecustomize.py", "testbed/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PLANTED)
    return tmp_path


def said(command: list[str], directory: Path) -> str:
    """Its output, where the modules lie in the current directory and in PYTHONPATH."""
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(directory.rglob("*.ran")) == []
    return done.stdout.strip()


def test_a_module_is_the_installed_one(planted: Path) -> None:
    assert said(own_program("testbed", "--version"), planted) == f"testbed {testbed.__version__}"
    where = said(own_code("import json, testbed; print(testbed.__file__)"), planted)
    assert where == testbed.__file__


def test_a_file_imports_nothing_from_beside_it(planted: Path) -> None:
    script = planted / "script.py"
    script.write_text("import json, sys; print(json.dumps(sys.argv[1:]))")
    assert json.loads(said(own_file(script, "a", "b c"), planted)) == ["a", "b c"]


def test_a_guests_python_finds_the_payload_and_nothing_else(planted: Path, tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    shutil.copytree(ROOT / "testbed" / "providers", payload / "testbed" / "providers")
    (payload / "testbed" / "__init__.py").write_text("")
    (payload / "testbed" / "told.py").write_text("import json, sys; print(json.dumps(sys.argv))")
    command = [sys.executable, *(word.replace(PYTHON, str(payload)) for word in MODULE[1:])]
    told = json.loads(said([*command, "testbed.told", "-x", "y"], planted))
    assert told == [str(payload / "testbed" / "told.py"), "-x", "y"]


def test_no_other_place_starts_python() -> None:
    """A command line of its own would have forgotten -I sooner or later."""
    started = re.compile(
        r"sys\.executable|_base_executable|\"python[0-9.]*\"|PYTHONPATH|/python3?\""
    )
    found = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "testbed").rglob("*.py")
        if started.search("\n".join(_code(file)))
    }
    # payload: what a guest's /usr/bin/python3 is given, with the same flags
    assert found == {"testbed/interpreter.py", "testbed/providers/vagrant/guest/payload.py"}
    assert "-I" in MODULE


def test_scripts_start_python_isolated() -> None:
    files = [f for name in SCRIPTS for f in (ROOT / name).rglob("*") if f.is_file()]
    started = re.compile(r"(?:^|[\s/;&|('\"])python3?\"? +(-\S+)")
    found = [(f.name, flag) for f in files for flag in started.findall(f.read_text())]
    assert {name for name, _ in found} >= {"venv.sh", "provision"}
    assert {flag for _, flag in found} == {"-I"}


def test_programs_with_a_first_line_of_their_own_are_isolated() -> None:
    first = {f: f.read_text().partition("\n")[0] for f in (ROOT / "testbed").rglob("*.py")}
    pythons = [line for line in first.values() if line.startswith("#!")]
    assert pythons == ["#!/usr/bin/python3 -I"]


def _code(file: Path) -> list[str]:
    """Its lines without docstring of the module and without comments."""
    text = re.sub(r'\A(#!.*\n)?""".*?"""', "", file.read_text(), flags=re.DOTALL)
    return [line.partition("  #")[0] for line in text.splitlines() if not line.startswith("#")]
