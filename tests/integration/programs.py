"""The pinned programs that integration tests run, and the marks of tests that need them."""

from __future__ import annotations

import os

import pytest

from testbed.artefacts import program as pinned
from testbed.errors import TestbedError


def program(name: str) -> str | None:
    """From the environment (TESTBED_GOBGPD …), from the artefact cache, or none."""
    given = os.environ.get(f"TESTBED_{name.upper()}")
    if given:
        return given
    try:
        return str(pinned(name))
    except TestbedError:
        return None


GOBGPD = program("gobgpd")
needs_gobgpd = pytest.mark.skipif(GOBGPD is None, reason="no gobgpd: testbed artefacts fetch")
