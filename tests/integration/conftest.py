"""Labs for integration tests: unique names, torn down by name whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox, kept, lab_name


@pytest.fixture(scope="session")
def gobgpd() -> Path:
    """The pinned gobgpd: from the environment, or from the artefact cache."""
    given = os.environ.get("TESTBED_GOBGPD")
    if given:
        return Path(given)
    from testbed.artefacts import program

    return Path(program("gobgpd"))


@pytest.fixture(scope="module")
def basic(gobgpd: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The topology `basic`, up, shared by the tests of a module."""
    module = request.module.__name__.rpartition("_")[2]
    lab = Lab(lab_name(module), gobgpd)
    try:
        lab.run("up", "basic")
        yield lab
    finally:
        lab.run("down")


@pytest.fixture(scope="module")
def sandbox(gobgpd: Path) -> Iterator[Sandbox]:
    """A machine within the machine."""
    box = Sandbox(kept(gobgpd))
    try:
        yield box
    finally:
        box.close()


@pytest.fixture
def boxed(sandbox: Sandbox, gobgpd: Path) -> Iterator[Lab]:
    """A lab (not up) in the sandbox."""
    lab = Lab(lab_name("boxed"), gobgpd, sandbox)
    try:
        yield lab
    finally:
        lab.run("down")
