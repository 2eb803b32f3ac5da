"""What a log says of a wait for the API server: that it began, that it lasts too long, its end."""

from __future__ import annotations

import logging
import threading

TOO_LONG = 120.0  # seconds of pauses between attempts at one kind of object: no usual start
Line = tuple[int, str]  # a level of logging, and the text


class ApiWait:
    """One wait of all watches of a server, from the first that fails until none does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused: dict[str, float] = {}  # kind → seconds of pauses since it first failed
        self._warned = False

    def failed(self, kind: str, problem: str, pause: float) -> Line | None:
        """`kind` could not be read, and is tried again after `pause` seconds."""
        with self._lock:
            first = not self._paused
            self._paused[kind] = self._paused.get(kind, 0.0) + pause
            if first:
                return logging.INFO, f"waits for the API server: {kind}: {problem}"
            if self._warned or self._paused[kind] < TOO_LONG:
                return None
            self._warned = True
            kinds = ", ".join(sorted(self._paused))
            return logging.WARNING, f"still waits for the API server, for {kinds}: {problem}"

    def succeeded(self, kind: str) -> Line | None:
        """`kind` was read."""
        with self._lock:
            if self._paused.pop(kind, None) is None or self._paused:
                return None
            self._warned = False
            return logging.INFO, "the wait for the API server is over"
