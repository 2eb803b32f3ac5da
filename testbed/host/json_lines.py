"""JSON objects, one on each line: how the lab and its programs in guests speak over SSH.

Standard library only, because it is imported in guests that are emulated in software.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO

from testbed.errors import TestbedError


def encode_line(message: Mapping[str, object]) -> str:
    """The object as a line, with its end."""
    return json.dumps(message) + "\n"


def decode_line(line: str | bytes) -> dict[str, object]:
    """The object on a line. Raises TestbedError for anything else, which a peer may send."""
    try:
        message = json.loads(line)
    except ValueError as error:
        raise _malformed(line, str(error)) from None
    if not isinstance(message, dict):
        raise _malformed(line, "it is no JSON object")
    return message


def write_line(stream: IO[str], message: Mapping[str, object]) -> None:
    """Send an object at once."""
    stream.write(encode_line(message))
    stream.flush()


class LineBuffer:
    """Puts lines together from pieces as they come."""

    def __init__(self) -> None:
        self._partial = b""

    def add(self, data: bytes) -> list[bytes]:
        """The lines that are whole now, without their ends."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        return lines


def _malformed(line: str | bytes, why: str) -> TestbedError:
    return TestbedError(f"a malformed message: {line[:80]!r}", why=why, exit_code=1)
