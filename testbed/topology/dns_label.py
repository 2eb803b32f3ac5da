"""Names of nodes are DNS labels (RFC 1035): they name hosts, objects and network namespaces."""

from __future__ import annotations

import re
import unicodedata

_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def is_label(name: str) -> bool:
    """Is it one?"""
    return _LABEL.fullmatch(name) is not None


def as_label(name: str) -> str:
    """The label that comes closest; empty where no letter is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9-]+", "-", plain)
    return re.sub(r"^[^a-z]+", "", words)[:63].rstrip("-")
