"""Fetches or builds pinned programs that the distribution lacks or has too old."""

from __future__ import annotations

from testbed.artefacts.bundle import export_bundle, import_bundle
from testbed.artefacts.fetch import ensure
from testbed.artefacts.inventory import listing, program, verify
from testbed.artefacts.lockfile import artefacts

__all__ = [
    "artefacts",
    "ensure",
    "export_bundle",
    "import_bundle",
    "listing",
    "program",
    "verify",
]
