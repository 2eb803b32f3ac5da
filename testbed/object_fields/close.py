"""The known word that a misspelt one probably means."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """`did you mean blockSize?`, or None if nothing is near. Case does not count."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word[:200].lower(), by_lower, n=1)
    return f"did you mean {by_lower[near[0]]}?" if near else None
