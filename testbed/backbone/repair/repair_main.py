"""Runs local repair of a lab: `python -m testbed.backbone.repair.repair_main`.

One thread waits for what the routers' kernels and their neighbours' LSPs tell, and brings the
backups of all routers up to date. They work without it: killed, it leaves them, and its successor
goes on. Ended (SIGTERM), it removes them. Another thread hears of silent links.
"""

from __future__ import annotations

import logging
import os
import selectors
import sys
import time
from collections.abc import Callable

from testbed.backbone.repair.keeper import Keeper
from testbed.backbone.repair.listener import Listener
from testbed.backbone.repair.watch import Watch
from testbed.host.program import run_until_ended
from testbed.host.utc_log import log_in_utc
from testbed.paths import PLAN
from testbed.plan.model import Plan

log = logging.getLogger(__name__)
# Looks after something was told of, in seconds: isisd gets the same LSP at the same moment, and
# needs a while for it, on a busy machine a longer one.
LOOKS = (0.02, 0.2, 2.0)


class Program:
    """Waits for events, and looks after them."""

    def __init__(self, plan: Plan) -> None:
        self._keeper = Keeper(plan)
        self._selector = selectors.DefaultSelector()
        self._due: list[float] = []
        self._wake = os.eventfd(0)
        self._ending = False
        self._listener = Listener(self._keeper, plan.router_names if plan.bfd else ())
        self._selector.register(self._wake, selectors.EVENT_READ, self._end)
        for router in plan.routers:
            self._watch(router.name)

    def end(self) -> None:
        """Let `run` return; callable from a signal handler."""
        os.eventfd_write(self._wake, 1)

    def run(self) -> None:
        """Keep everything as it should be until `end`, then remove it."""
        self._expect()
        self._listener.start()
        while not self._ending:
            wait = max(0.0, self._due[0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(wait):
                if key.data():
                    self._expect()
            if self._due and self._due[0] <= time.monotonic():
                self._due.pop(0)
                self._keeper.look()
        self._listener.end()
        self._keeper.clear()

    def _expect(self) -> None:
        """Plan the looks after an event; one that is due anyway is not put off."""
        now = time.monotonic()
        first, *others = (now + seconds for seconds in LOOKS)
        self._due = [min([first, *self._due]), *others]

    def _end(self) -> bool:
        self._ending = True
        return False

    def _watch(self, router: str) -> None:
        watch = Watch(router)
        self._selector.register(watch.packets, selectors.EVENT_READ, watch.read_packets)
        self._selector.register(watch.netlink, selectors.EVENT_READ, self._reader(watch, router))

    def _reader(self, watch: Watch, router: str) -> Callable[[], bool]:
        def read() -> bool:
            something, rule_gone = watch.read_netlink()
            if rule_gone:
                self._keeper.rule_was_lost(router)
            return something

        return read


def main() -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    log_in_utc("INFO")
    program = Program(Plan.model_validate_json(PLAN.read_text()))
    return run_until_ended(program)


if __name__ == "__main__":
    sys.exit(main())
