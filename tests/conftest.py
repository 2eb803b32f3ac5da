"""Shared by all tests: where the paper's own files are, and which tests need root."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.repository import PAPER


@pytest.fixture(scope="session")
def paper_manifests() -> Path:
    """The paper's own input files, if somebody laid them beside the repository."""
    if not PAPER.is_dir():
        pytest.skip(f"the paper's files are not ours to ship; put them into {PAPER}")
    return PAPER


def pytest_configure() -> None:
    """Give signals their meaning back: nohup, and a shell's `&`, start us with some ignored.

    A program inherits that, and the tests send signals to programs as a person does.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, default)


# Minutes each: begun last, the other worker would wait for one of them.
LONGEST = ("test_scenarios.py", "test_scenarios_second.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="needs root: run `make test`"))
