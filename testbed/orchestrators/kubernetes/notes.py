"""A line for who waits, on stderr."""

from __future__ import annotations

import sys


def print_note(text: str) -> None:
    """Say something that is no step."""
    print(text, file=sys.stderr)
