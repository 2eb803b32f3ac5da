"""Standard streams that cannot end a command: whatever becomes of its output, it goes on.

A reader that has gone, a terminal that hung up, a full disk, a stream that was closed before we
began, an encoding without our characters: none of these changes what a lab becomes, nor a verdict.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TextIO

# The reader has gone, and misses nothing.
_NOBODY_LISTENS = (errno.EPIPE, errno.EIO, errno.EBADF)


class Forgiving(io.TextIOWrapper):
    """A stream that remembers what kept it from writing, and raises nothing."""

    lost: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self.lost = error
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.lost = error


def settle_streams() -> None:
    """Have three streams that can be used, and that raise nothing while they are written to."""
    for number in (0, 1, 2):
        _open_if_closed(number)
    sys.stdin = sys.stdin or _reader()
    sys.stdout = _forgiving(sys.stdout, 1)
    sys.stderr = _forgiving(sys.stderr, 2)


def nobody_reads() -> bool:
    """Has the reader of stdout gone, so that nothing that is printed arrives anywhere?"""
    return isinstance(sys.stdout, Forgiving) and sys.stdout.lost is not None


def lost_output() -> str:
    """Why somebody who waits for the output on stdout did not get it all; empty if they did."""
    stream = sys.stdout
    if not isinstance(stream, Forgiving):
        return ""
    stream.flush()
    if stream.lost is None or stream.lost.errno in _NOBODY_LISTENS:
        return ""
    return stream.lost.strerror or str(stream.lost)


def _open_if_closed(number: int) -> None:
    """Else the next file that is opened takes the number, and gets our messages."""
    try:
        os.fstat(number)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
        os.set_inheritable(number, True)


def _reader() -> TextIO:
    return os.fdopen(0, encoding="utf-8", errors="replace", closefd=False)


def _is_ours(stream: TextIO, number: int) -> bool:
    """False for a stand-in that is no file, as in a test, or that is forgiving already."""
    try:
        return stream.fileno() == number and not isinstance(stream, Forgiving)
    except (OSError, ValueError):
        return False


def _forgiving(stream: TextIO | None, number: int) -> TextIO:
    """The stream, made forgiving."""
    if stream is None:
        raw = io.FileIO(number, "w", closefd=False)
        return Forgiving(io.BufferedWriter(raw), "utf-8", "replace", line_buffering=True)
    if not isinstance(stream, io.TextIOWrapper) or not _is_ours(stream, number):
        return stream
    buffered, encoding = stream.line_buffering, stream.encoding
    return Forgiving(stream.detach(), encoding, "replace", line_buffering=buffered)
