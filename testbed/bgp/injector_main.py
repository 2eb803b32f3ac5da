"""Runs the injector: it keeps its gobgpd in the state that the policy files describe.

    python -m testbed.bgp.injector_main --socket S --policies DIR --peers FILE [--status FILE]

It listens to the kernel for changed files, so a policy is on the wire milliseconds after its
file is renamed into place. Ending it (SIGTERM) leaves gobgpd and its announcements as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import selectors
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.bgp.policy_files import PolicyFiles
from testbed.bgp.session import BgpDriver
from testbed.host.files import write_atomically
from testbed.host.program import run_until_ended
from testbed.host.utc_log import log_in_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inotify_simple import INotify

_REST = 0.02  # seconds from an event until the status tells of it
_SHARE, _LONGEST_REST = 9.0, 0.5  # times as long as writing it took, if that is more; seconds


class Injector:
    """Reads files, sets the desired state of gobgpd, and reports progress in a status file."""

    def __init__(self, socket: Path, policies: Path, peers: Path, status: Path) -> None:
        self._policies, self._peers, self._status = policies, peers, status
        self._files = PolicyFiles()
        self._written = ""
        self._ending = False
        self._rest = _REST
        self._due: float | None = 0.0  # when to write the status, of the monotonic clock
        self._wake = os.eventfd(0)
        self._driver = BgpDriver(socket, on_event=self.wake)

    def wake(self) -> None:
        """Make the main loop check again; callable from any thread and from signal handlers."""
        os.eventfd_write(self._wake, 1)

    def end(self) -> None:
        """Let `run` return; gobgpd keeps its state."""
        self._ending = True
        self.wake()

    def run(self) -> None:
        """Follow the files until `end`."""
        self._policies.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            inotify, directories = self._watch_directories()
            undo.callback(inotify.close)
            selector = undo.enter_context(selectors.DefaultSelector())
            selector.register(inotify.fileno(), selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            self._driver.start()
            undo.callback(self._driver.stop)
            self._read_everything()
            while not self._ending:
                ready = {key.fd for key, _ in selector.select(self._seconds_to_report())}
                if self._wake in ready:
                    os.eventfd_read(self._wake)
                if inotify.fileno() in ready:
                    self._read_changed(inotify.read(timeout=0), directories)
                self._report_in_time(bool(ready))

    def _watch_directories(self) -> tuple[INotify, dict[int, Path]]:
        from inotify_simple import INotify, flags

        inotify = INotify()
        events = flags.CLOSE_WRITE | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE
        folders = {self._policies, self._peers.parent}
        return inotify, {inotify.add_watch(str(folder), events): folder for folder in folders}

    def _read_everything(self) -> None:
        self._files.read_peers(self._peers)
        known = {self._policies / name for name in self._files.policies}
        for file in sorted(known | {f for f in self._policies.iterdir() if self._is_policy(f)}):
            self._files.read_policies(file)
        self._submit_desired()

    # Any: inotify_simple publishes no types
    def _read_changed(self, events: Iterable[Any], directories: dict[int, Path]) -> None:
        """Read each file that an event names, or all files if events were lost."""
        changed = set()
        for event in events:
            folder = directories.get(event.wd)
            if folder is None:  # the queue ran over
                self._read_everything()
                return
            changed.add(folder / event.name)
        for file in sorted(changed):
            if file == self._peers:
                self._files.read_peers(file)
            elif self._is_policy(file):
                self._files.read_policies(file)
        self._submit_desired()

    def _is_policy(self, file: Path) -> bool:
        """Whether this is a policy file: a name with a leading dot is a draft."""
        named = file.suffix == ".json" and not file.name.startswith(".")
        return named and file.parent == self._policies and file != self._peers

    def _submit_desired(self) -> None:
        desired = self._files.desired()
        if desired is not None:
            self._driver.set_desired(desired)

    def _seconds_to_report(self) -> float | None:
        """Seconds until the status is to be written; None: it says all."""
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    def _report_in_time(self, has_news: bool) -> None:
        """Write what is new a little later: first it takes effect, and more may come."""
        if self._due is None and has_news:
            self._due = time.monotonic() + self._rest
        if self._due is not None and time.monotonic() >= self._due:
            begun, self._due = time.monotonic(), None
            self._write_status()
            self._rest = min(max(_REST, _SHARE * (time.monotonic() - begun)), _LONGEST_REST)

    def _write_status(self) -> None:
        text = json.dumps(self.report()) + "\n"  # on one line: with a thousand it costs a tenth
        if text == self._written:
            return
        write_atomically(self._status, text)
        self._written = text

    # Any: JSON to write
    def report(self) -> dict[str, Any]:
        """What the status file says: `applied` are the NLRIs that gobgpd holds, in hex."""
        status = self._driver.status()
        errors = [f"{name}: {why}" for name, why in sorted(self._files.errors.items())]
        return {
            "connected": status.connected,
            "settled": status.settled and not errors,
            "applied": sorted(path.nlri.hex() for path in status.announced),
            "files": {name: len(p) for name, p in sorted(self._files.policies.items())},
            "peers": [asdict(peer) for peer in status.peers],
            "errors": [*errors, *status.faults],
        }


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    parser = argparse.ArgumentParser(prog="testbed.bgp.injector_main", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="gobgpd's gRPC unix socket")
    parser.add_argument("--policies", type=Path, required=True, help="directory of NAME.json")
    parser.add_argument("--peers", type=Path, required=True, help="identity and sessions, JSON")
    parser.add_argument("--status", type=Path, help="default: status.json beside --policies")
    options = parser.parse_args(arguments)
    log_in_utc("INFO")
    policies, peers = options.policies.absolute(), options.peers.absolute()
    status = options.status or policies.parent / "status.json"
    injector = Injector(options.socket, policies, peers, status.absolute())
    return run_until_ended(injector)


if __name__ == "__main__":
    sys.exit(main())
