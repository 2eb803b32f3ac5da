"""The locked environment, and our own code, for every Python that a distribution may have."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from testbed.interpreter import own_code
from tests.repository import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Ubuntu 22.04: 3.10, Debian 12: 3.11, Ubuntu 24.04: 3.12, Debian 13: 3.13, Ubuntu 26.04: 3.14
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Gone from the standard library in 3.12 and in 3.13; the newest Debian lacks them all.
REMOVED = {
    *("asynchat", "asyncore", "distutils", "imp", "smtpd"),
    *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "nis"),
    *("nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
}
# Of setuptools, and not of this project: only Mininet and IPMininet still need it.
NOT_OURS = {"pkg_resources"}


def locked(python: str) -> dict[str, Requirement]:
    """What the lock file installs on this Python; a package twice is an error."""
    environment = {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    found: dict[str, Requirement] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if re.match(r"[a-z0-9]", line):
            requirement = Requirement(line.rstrip(" \\"))
            if requirement.marker is None or requirement.marker.evaluate(environment):
                assert canonicalize_name(requirement.name) not in found, requirement
                found[canonicalize_name(requirement.name)] = requirement
    return found


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_gets_one_version_of_all_that_is_wanted(python: str) -> None:
    found = locked(python)
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for line in wanted:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"python_version": python}):
            continue
        (pin,) = found[canonicalize_name(requirement.name)].specifier
        assert pin.operator == "=="
        assert pin.version in requirement.specifier, line


def test_the_lock_file_says_for_which_pythons_it_is() -> None:
    head = (ROOT / "requirements.lock").read_text().splitlines()[0]
    assert f"Python {PYTHONS[0]} to {PYTHONS[-1]}" in head
    assert f">={PYTHONS[0]}" == PROJECT["requires-python"]
    script = (ROOT / "scripts/lock-requirements").read_text()
    assert f"for python in {' '.join(PYTHONS)};" in script


def test_mininet_does_without_the_standard_distutils() -> None:
    """As from Python 3.12 on: setuptools stands in for it."""
    code = (
        "import distutils; assert 'setuptools' in distutils.__file__, distutils.__file__\n"
        "import testbed.topology.upstream, ipmininet.iptopo, mininet.link"
    )
    environment = {"PATH": os.environ["PATH"], "SETUPTOOLS_USE_DISTUTILS": "local"}
    done = subprocess.run(own_code(code), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def own_files() -> list[Path]:
    rooms = ("testbed", "scenarios", "topologies", "tests")
    return [file for room in rooms for file in (ROOT / room).rglob("*.py")]


def imports_of(tree: ast.Module) -> Iterator[str]:
    """Top-level names of all that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_nothing_is_imported_that_a_newer_python_lacks() -> None:
    files = own_files()
    assert len(files) > 500, "a blind search proves nothing"
    found = {
        (str(file.relative_to(ROOT)), name)
        for file in files
        for name in set(imports_of(ast.parse(file.read_text()))) & (REMOVED | NOT_OURS)
    }
    assert found == set()


def test_the_search_sees_what_it_is_for() -> None:
    code = "def f():\n    from distutils.version import StrictVersion\n    import imp, os\n"
    assert set(imports_of(ast.parse(code))) & REMOVED == {"distutils", "imp"}
