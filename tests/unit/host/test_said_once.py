"""What is done in one place only: looked for in all modules by what it looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testbed.paths import PACKAGE

# Pattern → the modules that may contain it.
PLACES = {
    r"\btime\.sleep\(": {
        "host/wait.py",
        "agent/cni/plugin_main.py",  # copied alone to any node: it imports nothing of ours
        "bench/idle.py",  # the interval that it measures
    },
    r"\bfcntl\.flock\(|\bFileLock\b": {"host/lock.py"},
    r"tarfile\.open\([^)]*(?:mode=)?\"[wax]": {"host/tar.py"},
    r"\bTarInfo\(": {"host/tar.py"},
    r"\bos\.fsync\(": {"host/files.py"},
    r"\bhttp\.client\.HTTPS?Connection\b": {"kube/client.py"},
}


def found_in(pattern: str, tree: Path) -> set[str]:
    return {
        str(file.relative_to(tree))
        for file in tree.rglob("*.py")
        if re.search(pattern, file.read_text())
    }


@pytest.mark.parametrize("pattern", PLACES)
def test_it_is_said_once(pattern: str) -> None:
    assert found_in(pattern, PACKAGE) == PLACES[pattern]
