"""Hears from the routers' isisd which adjacencies are lost, and has that acted upon at once.

In a thread of its own: what else keeps backups right asks isisd, which may be slow.
"""

from __future__ import annotations

import logging
import os
import selectors
import threading
from collections.abc import Iterable
from functools import partial

from testbed.backbone.repair.adjacency_log import AdjacencyLog
from testbed.backbone.repair.keeper import Keeper

log = logging.getLogger(__name__)
_AGAIN = 2.0  # seconds until a log that was not there is looked for again


class Listener:
    """Tells the keeper, between `start` and `end`."""

    def __init__(self, keeper: Keeper, routers: Iterable[str]) -> None:
        self._keeper, self._unheard = keeper, set(routers)
        self._selector = selectors.DefaultSelector()
        self._wake = os.eventfd(0)
        self._ending = False
        self._selector.register(self._wake, selectors.EVENT_READ, lambda: None)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to hear."""
        self._thread.start()

    def end(self) -> None:
        """Returns when nothing more will be told."""
        self._ending = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()

    def _run(self) -> None:
        while not self._ending:
            self._connect()
            for key, _ in self._selector.select(_AGAIN if self._unheard else None):
                key.data()

    def _connect(self) -> None:
        for router in sorted(self._unheard):
            try:
                log_of = AdjacencyLog(router)
            except OSError:
                continue
            self._unheard.discard(router)
            hear = partial(self._hear, router, log_of)
            self._selector.register(log_of.events, selectors.EVENT_READ, hear)

    def _hear(self, router: str, log_of: AdjacencyLog) -> None:
        try:
            for change in log_of.read():
                self._keeper.adjacency_changed(router, change.interface, change.down)
        except OSError as error:
            log.info("%s: %s", router, error)
            self._selector.unregister(log_of.events)
            log_of.close()
            self._unheard.add(router)
