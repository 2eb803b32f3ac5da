"""Takes user names and passwords out of the addresses in what a record keeps."""

from __future__ import annotations

import re

_IN_ADDRESS = re.compile(r"(\w://)[^/\s@]*@")


def without_credentials(text: str) -> str:
    """The text with `https://user:password@host/` as `https://…@host/`."""
    return _IN_ADDRESS.sub(r"\1…@", text)
