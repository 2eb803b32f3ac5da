"""Plans the lab's intents anew whenever the network or the intents change, and delivers."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import selectors
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from testbed.backbone.repair.watch import Watch
from testbed.engine.decide.decide import Memory
from testbed.errors import TestbedError
from testbed.lab.te import detours, store
from testbed.lab.te.changes import intent_plan
from testbed.lab.te.damping import Damping
from testbed.lab.te.delivery import deliver
from testbed.lab.te.engine import planned
from testbed.lab.te.held import Held
from testbed.lab.te.store import Kept
from testbed.lab.te.words import held_words
from testbed.plan.model import Plan

if TYPE_CHECKING:
    from inotify_simple import INotify

    from testbed.lab.te.intent_objects import IntentObjects

log = logging.getLogger(__name__)
TAKEN_UP = "planned for the first time"
_SETTLED = 0.02  # seconds without an event, after which the database is read
# Looks after that, in seconds: isisd gets an LSP when we do, and on a busy machine takes longer.
# All but the last one are quick: what moves only to make links emptier waits until nothing happens.
_LATER = (0.2, 2.0)
_RESYNC = 30.0  # seconds; for what no event tells of, such as a node that has joined


class Follower:
    """Told by the routes of the injector's router, and by the LSPs that come to it.

    Many a change in the network changes no route of one router.

    It holds nothing that is not in files or in the API server: killed and started again, it ends
    in the same state.
    """

    def __init__(self, plan: Plan, objects: IntentObjects | None = None) -> None:
        self._plan, self._objects = plan, objects
        self._router = plan.uplink(plan.injectors[0].name).peer(plan.injectors[0].name).node
        self._damping = Damping()
        self._held = Held(plan)
        self._memory = Memory()
        self._waits = False  # there is a change that damping holds back
        self._said: list[str] = []
        self._later: list[float] = []
        self._ending = self._taken_up = False
        self._wake = os.eventfd(0)

    def end(self) -> None:
        """Let `run` return; policies stay. Callable from signal handlers."""
        self._ending = True
        os.eventfd_write(self._wake, 1)

    def run(self) -> None:
        """Until `end`."""
        with _listening(self._plan, self._router) as events:
            events.register(self._wake, selectors.EVENT_READ)
            if self._objects is not None:
                events.register(self._objects.changed, selectors.EVENT_READ)
                self._objects.start()
            while not self._ending:
                self.replan(quick=bool(self._later))
                self._wait(events)

    def _wait(self, events: selectors.BaseSelector) -> None:
        """For something to happen, until nothing more does; or until policies may change."""
        if self._waits:
            timeout = self._damping.seconds_left()
        else:
            timeout = self._later.pop(0) if self._later else _RESYNC
        timeout = min(timeout, self._held.seconds_left())
        while not self._ending and (ready := events.select(timeout)):
            for key, _ in ready:
                _drain(key.fileobj)
            self._later = [*_LATER]
            timeout = _SETTLED

    def _may_change(self) -> bool:
        """What is lost is left at once; all else waits while policies keep changing."""
        return self._held.lost or self._damping.seconds_left() <= 0

    def replan(self, quick: bool = False) -> None:
        """Plan all intents on the network as it is, and deliver what differs."""
        try:
            with store.locked(self._plan):
                intents = self._intents()
                found = planned(self._plan, intents, self._held.see, self._memory, quick)
                self._waits = found.delivery.changes and not self._may_change()
                if self._waits:
                    return
                deliver(self._plan, found.delivery)
                detours.tell(self._plan, found.guards)
        except (TestbedError, OSError) as error:
            log.warning("intents cannot be planned, policies stay as they are: %s", error)
            return
        if found.delivery.changes:
            self._damping.note_change()
            self._later = [*_LATER]  # have the head ends got it?
        if not self._taken_up:
            log.info("%s; intents: %d", TAKEN_UP, len(found.kept.intents))
            self._taken_up = True
        rows = intent_plan(self._plan, found)
        lacking = [*map(held_words, found.held), *rows.lacking()]
        for line in (*rows.lines(), *(one for one in lacking if one not in self._said)):
            log.info("%s", line)
        self._said = lacking
        if self._objects is not None:
            self._objects.tell(found)

    def _intents(self) -> Kept:
        """The lab's own and the objects; what is kept is brought up to date with these."""
        kept = store.read(self._plan)
        if self._objects is None:
            return kept
        joined = self._objects.join(kept)
        if joined.entries() != kept.entries():
            store.write(self._plan, joined)
        return joined


@contextlib.contextmanager
def _listening(plan: Plan, router: str) -> Iterator[selectors.BaseSelector]:
    """Routes of the router, LSPs that come to it, and files of intents."""
    from inotify_simple import INotify, flags

    with contextlib.ExitStack() as undo:
        events = undo.enter_context(selectors.DefaultSelector())
        watch = Watch(router)
        undo.callback(watch.netlink.close)
        undo.callback(watch.packets.close)
        files = INotify()
        undo.callback(files.close)
        files.add_watch(str(store.directory(plan)), flags.MOVED_TO | flags.DELETE)
        for source in (watch.netlink, watch.packets, files):
            events.register(source, selectors.EVENT_READ)
        yield events


def _drain(source: socket.socket | INotify | int) -> None:
    """Read all that there is."""
    if isinstance(source, int):
        os.eventfd_read(source)
    elif isinstance(source, socket.socket):
        _drain_routes(source)
    else:
        source.read(timeout=0)


def _drain_routes(link: socket.socket) -> None:
    while True:
        try:
            link.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno not in (errno.ENOBUFS, errno.ENETDOWN):  # what is lost is an event, too
                raise
