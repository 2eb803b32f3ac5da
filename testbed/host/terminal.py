"""Whether a stream is read by a person who wants colours (no-color.org)."""

from __future__ import annotations

import os
from typing import TextIO


def is_colourful(stream: TextIO) -> bool:
    """True for a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
