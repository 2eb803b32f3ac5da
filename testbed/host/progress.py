"""Progress of a long command as events: for people, or as JSON lines for programs.

Each step has an id that stays the same over versions, a title for people, and its seconds.
With `--progress json` every event is one JSON object on a line of stderr:

    {"event": "started", "id": "machines", "title": "3 virtual machines"}
    {"event": "part", "id": "machines", "title": "worker1 reachable", "seconds": 12.3}
    {"event": "done", "id": "machines", "title": "3 virtual machines", "seconds": 31.0}

`failed` takes the place of `done` where the step ended by an error; `note` is no step.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Literal, TextIO

from testbed.host.terminal import is_colourful

Kind = Literal["started", "part", "done", "failed", "note"]
Style = Literal["text", "json", "none"]


@dataclass(frozen=True)
class Event:
    """Something that a step did. `seconds` since the step began; None while that means nothing."""

    event: Kind
    id: str
    title: str
    seconds: float | None = None

    @classmethod
    def of_line(cls, line: str) -> Event | None:
        """The event of a line of JSON output; None for any other line."""
        if not line.startswith('{"event"'):
            return None
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError):
            return None


class Progress:
    """Times named steps and gives every event to one listener."""

    def __init__(self, quiet: bool = False, style: Style = "text") -> None:
        self.quiet = quiet
        self.style: Style = style
        self.events: list[Event] = []
        self._listen = _choose_listener("none" if quiet and style == "text" else style)
        self._step: tuple[str, float] = ("", time.monotonic())

    @property
    def steps(self) -> list[tuple[str, float]]:
        """Title and seconds of every step that is done."""
        return [(e.title, e.seconds or 0.0) for e in self.events if e.event == "done"]

    @contextmanager
    def step(self, title: str, id: str | None = None) -> Iterator[None]:
        """Time the body; a failing step is told as such and its error goes on.

        Without an `id` the title is one: only for steps whose title never changes.
        """
        name, outer, begun = id or slug(title), self._step, time.monotonic()
        self._step = (name, begun)
        self._emit(Event("started", name, title))
        try:
            yield
        except BaseException:
            self._emit(Event("failed", name, title, time.monotonic() - begun))
            raise
        finally:
            self._step = outer
        self._emit(Event("done", name, title, time.monotonic() - begun))

    def arrived(self, title: str, seconds: float) -> None:
        """A part of the step that is under way is done, so many seconds after the step began."""
        self._emit(Event("part", self._step[0], title, seconds))

    def note(self, text: str) -> None:
        """A line that is no step."""
        self._emit(Event("note", self._step[0], text))

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        self._listen(event)


def slug(title: str) -> str:
    """A title as an id: lower-case words and digits, joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))


def read_steps(said: str) -> dict[str, tuple[str, float]]:
    """Id → title and seconds of every step that is done, from `--progress json`, in order."""
    events = [event for line in said.splitlines() if (event := Event.of_line(line))]
    return {e.id: (e.title, e.seconds or 0.0) for e in events if e.event == "done"}


def _choose_listener(style: Style) -> Callable[[Event], None]:
    if style == "json":
        return _write_json
    return _write_text if style == "text" else _write_failures


def _write_json(event: Event, stream: TextIO | None = None) -> None:
    fields = {key: value for key, value in asdict(event).items() if value is not None}
    if "seconds" in fields:
        fields["seconds"] = round(fields["seconds"], 3)
    print(json.dumps(fields), file=stream or sys.stderr, flush=True)


def _write_text(event: Event) -> None:
    """`✓ step (0.8 s)`, plain where there is no terminal."""
    if event.event in ("done", "failed"):
        mark, colour = ("✓", "\033[32m") if event.event == "done" else ("✗", "\033[31m")
        colour, reset = (colour, "\033[0m") if is_colourful(sys.stderr) else ("", "")
        line = f"{colour}{mark}{reset} {event.title} ({event.seconds:.1f} s)"
    elif event.event == "part":
        line = f"  {event.title} ({event.seconds:.1f} s)"
    elif event.event == "note":
        line = f"  {event.title}"
    else:
        return
    print(line, file=sys.stderr, flush=True)


def _write_failures(event: Event) -> None:
    if event.event == "failed":
        _write_text(event)
