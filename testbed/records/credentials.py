"""What may stand in a record: no passwords in addresses, no text with a key or a token."""

from __future__ import annotations

import re

from testbed.report.bundle import SECRET

_IN_ADDRESS = re.compile(r"(\w://)[^/\s@]*@")
LEFT_OUT = "left out: it holds a key or a token"


def without_credentials(text: str) -> str:
    """The text with `https://user:password@host/` as `https://…@host/`."""
    return LEFT_OUT if SECRET.search(text.encode()) else _IN_ADDRESS.sub(r"\1…@", text)
