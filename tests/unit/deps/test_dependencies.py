"""Every dependency is used, and docs/architecture.md says what for."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "architecture.md"
# Not imported by testbed/, and why they are needed all the same.
NOT_IMPORTED = {
    "mako": "imported by ipmininet, which is installed without its dependencies",
    "setuptools": "pkg_resources and distutils, imported by mininet and ipmininet",
}


def names(requirements: list[str]) -> list[str]:
    return [re.split(r"[\s<>=!~;\[]", line)[0] for line in requirements]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPENDENCIES = names(PROJECT["dependencies"])
DEV = names(PROJECT["optional-dependencies"]["dev"])


def modules_of(distribution: str) -> list[str]:
    """The top-level modules that a distribution brings."""
    normal = re.sub(r"[-_.]+", "-", distribution).lower()
    return [
        module
        for module, owners in packages_distributions().items()
        if normal in {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners}
    ]


def is_used(modules: list[str], tree: Path) -> bool:
    """True if a file imports one of the modules, or names it to be imported or run."""
    found = "(?:" + "|".join(map(re.escape, modules)) + r")\b"
    ways = (r"^\s*(?:import|from) ", r'import_module\("', r'"-m",\s+"')
    used = re.compile("|".join(way + found for way in ways), re.MULTILINE)
    return any(used.search(file.read_text()) for file in tree.rglob("*.py"))


@pytest.mark.parametrize("name", sorted(set(DEPENDENCIES) - set(NOT_IMPORTED)))
def test_a_dependency_is_imported(name: str) -> None:
    modules = modules_of(name)
    assert modules and is_used(modules, ROOT / "testbed")


@pytest.mark.parametrize("name", sorted(NOT_IMPORTED))
def test_an_exception_is_still_one(name: str) -> None:
    assert name in DEPENDENCIES
    assert not is_used(modules_of(name), ROOT / "testbed")


@pytest.mark.parametrize("name", DEPENDENCIES + DEV)
def test_the_page_says_why(name: str) -> None:
    assert f"`{name}`" in PAGE.read_text()


def test_what_is_not_used_is_noticed() -> None:
    assert not is_used(["tenacity"], ROOT / "testbed")
    assert not is_used(["scapy"], ROOT / "testbed")
