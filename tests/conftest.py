"""Shared by all tests: where the paper's own files are, and which tests need root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.repository import PAPER


@pytest.fixture(scope="session")
def paper_manifests() -> Path:
    """The paper's own input files, if somebody laid them beside the repository."""
    if not PAPER.is_dir():
        pytest.skip(f"the paper's files are not ours to ship; put them into {PAPER}")
    return PAPER


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="needs root: run `make test`"))
