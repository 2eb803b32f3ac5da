"""Reads the environment's settings for artefacts: cache directory, sources, mirror.

TESTBED_CACHE              the testbed's cache directory (default: $XDG_CACHE_HOME/testbed)
TESTBED_ARTEFACT_SOURCES   which ways, in which order (default: cache,release,build)
TESTBED_ARTEFACT_MIRROR    base URL instead of the release's own (https, or http on loopback)
"""

from __future__ import annotations

import os
from pathlib import Path

from testbed.errors import TestbedError

SOURCES = ("cache", "release", "build")


def cache_root() -> Path:
    """The directory that holds the artefacts; it need not exist yet."""
    if own := os.environ.get("TESTBED_CACHE"):
        return Path(own).absolute() / "artefacts"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    # the XDG specification: a relative path there is to be ignored
    base = Path(xdg) if xdg.startswith("/") else Path.home() / ".cache"
    return base / "testbed" / "artefacts"


def sources() -> tuple[str, ...]:
    """The ways to try, in order. Raises TestbedError (exit code 2) for an unknown one."""
    text = os.environ.get("TESTBED_ARTEFACT_SOURCES") or ",".join(SOURCES)
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    for source in wanted:
        if source not in SOURCES:
            raise TestbedError(
                f"unknown artefact source {source!r}",
                where="TESTBED_ARTEFACT_SOURCES",
                fix=f"a list of {', '.join(SOURCES)}",
            )
    return wanted


def release_base(official: str) -> str:
    """The base URL of releases: the official one unless a mirror is set."""
    return (os.environ.get("TESTBED_ARTEFACT_MIRROR") or official).rstrip("/")
