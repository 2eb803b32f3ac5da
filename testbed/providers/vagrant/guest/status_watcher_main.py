"""In a guest: says, line by line, what its node directory holds and how it changes.

Run with the argument DIRECTORY through SSH by status_mirror_main; ends with it.
Each line is a change (see status_change). Paths are relative to DIRECTORY.
"""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

from inotify_simple import INotify, flags

from testbed.host.json_lines import encode_line
from testbed.providers.vagrant.guest.status_change import LOG_BYTES, StatusChange

SUFFIXES = (".json",)
LOGS = "logs"
_EVENTS = flags.CREATE | flags.MODIFY | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE
_CHUNK = 1 << 16  # bytes of a log at once
_GATHER = 100  # milliseconds in which several changes become one look


class Watched:
    """What was said of each file last."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self._stamps: dict[str, tuple[int, int, int]] = {}
        self._sizes: dict[str, int] = {}

    def look(self) -> list[StatusChange]:
        """What has changed since the last look."""
        changes: list[StatusChange] = []
        seen = {str(p.relative_to(self.top)): p for p in self._watched_files()}
        for gone in self._stamps.keys() - seen.keys():
            del self._stamps[gone]
            changes.append({"path": gone})
        for name, path in seen.items():
            change = (
                self._tell_growth(name, path)
                if path.suffix == ".log"
                else self._tell_new_text(name, path)
            )
            if change:
                changes.append(change)
        return changes

    def _watched_files(self) -> list[Path]:
        top = [p for p in self.top.glob("*.json") if not p.name.startswith(".")]
        return [*top, *self.top.glob("cni/*.json"), *self.top.glob(f"{LOGS}/*.log")]

    def _tell_new_text(self, name: str, path: Path) -> StatusChange | None:
        try:
            found = path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
            if self._stamps.get(name) == stamp:
                return None
            text = path.read_text(errors="replace")
        except OSError:
            return None  # gone meanwhile: the next look says so
        self._stamps[name] = stamp
        return {"path": name, "text": text}

    def _tell_growth(self, name: str, path: Path) -> StatusChange | None:
        with path.open("rb") as log:
            size = log.seek(0, 2)
            before = self._sizes.get(name, 0)
            if size == before:
                self._bound(name, path)
                return None
            log.seek(before if size > before else 0)
            data = log.read(_CHUNK)
            self._sizes[name] = log.tell()
        return {"path": name, "add": data.decode(errors="replace")}

    def _bound(self, name: str, path: Path) -> None:
        """Empty a log that is long, once all of it was told; systemd appends to it."""
        if self._sizes.get(name, 0) > LOG_BYTES:
            os.truncate(path, 0)
            self._sizes[name] = 0


def main() -> None:
    """Until standard output or input is closed."""
    top = Path(sys.argv[1])
    watched = Watched(top)
    with INotify() as inotify:
        for directory in (top, top / "cni", top / LOGS):
            directory.mkdir(parents=True, exist_ok=True)
            inotify.add_watch(str(directory), _EVENTS)
        while True:
            changes = watched.look()
            for change in changes:
                sys.stdout.write(encode_line(change))
            sys.stdout.flush()
            if changes:
                continue  # a log may have more to say
            ready = select.select([inotify.fileno(), sys.stdin], [], [])[0]
            if sys.stdin in ready:
                return
            inotify.read(timeout=0, read_delay=_GATHER)


if __name__ == "__main__":
    main()
