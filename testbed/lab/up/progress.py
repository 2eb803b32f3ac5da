"""Progress lines on stderr: `✓ step (0.8 s)`, plain where there is no terminal."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Times named steps and says each when it is done."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.steps: list[tuple[str, float]] = []  # name, seconds

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the body; a failing step is marked and its error goes on."""
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self._say("✗", name, time.monotonic() - begun)
            raise
        seconds = time.monotonic() - begun
        self.steps.append((name, seconds))
        self._say("✓", name, seconds)

    def arrived(self, name: str, seconds: float) -> None:
        """A part of the step that is under way is done, so many seconds after the step began."""
        self.note(f"{name} ({seconds:.1f} s)")  # no mark: who adds up steps must not count it

    def note(self, text: str) -> None:
        """A line that is no step."""
        if not self.quiet:
            print(f"  {text}", file=sys.stderr, flush=True)

    def _say(self, mark: str, name: str, seconds: float) -> None:
        if self.quiet and mark == "✓":
            return
        colour = {"✓": "\033[32m", "✗": "\033[31m"}[mark] if sys.stderr.isatty() else ""
        reset = "\033[0m" if colour else ""
        print(f"{colour}{mark}{reset} {name} ({seconds:.1f} s)", file=sys.stderr, flush=True)


def told(line: str) -> tuple[str, float] | None:
    """Name and seconds of a step that `line` says is done; None for any other line."""
    found = re.fullmatch(r"(?:\033\[32m)?✓(?:\033\[0m)? (.*) \((\d+\.\d) s\)", line)
    return (found[1], float(found[2])) if found else None
