"""A cache of the test's own, and a mirror on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.artefacts.artefacts_mirror import PROGRAMS, Mirror, archive, serving


@pytest.fixture
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's artefacts go."""
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path))
    monkeypatch.setenv("TESTBED_ARTEFACT_SOURCES", "cache,release")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "artefacts"


@pytest.fixture
def mirror(cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror with a good release of the two programs."""
    assert not cache_dir.exists()
    with serving(Mirror()) as mirror:
        mirror.release(archive(PROGRAMS))
        monkeypatch.setenv("TESTBED_ARTEFACT_MIRROR", mirror.base)
        yield mirror
