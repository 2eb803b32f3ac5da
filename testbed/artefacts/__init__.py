"""Pinned programs that the distribution lacks or has too old: lock file, cache, fetch, build."""

from __future__ import annotations

from testbed.artefacts.fetch import ensure, listing, program, verify
from testbed.artefacts.lockfile import artefacts

__all__ = ["artefacts", "ensure", "listing", "program", "verify"]
