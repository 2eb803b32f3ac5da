"""Keeps one gobgpd in a desired state across failures, and mirrors the paths that peers send.

gobgpd forgets everything when it ends, so the desired state lives here and is replayed. One
thread owns all decisions; two others only turn what gobgpd reports into wake-ups.

The mirror follows the messages of peers. All of a peer's paths are read when its session begins,
at its End-of-RIB, when gobgpd begins to report, and after a message of which only gobgpd knows
what it means; so a lost or doubled report cannot make the mirror drift. Paths of a session that
was lost, or of a gobgpd that ended, stay in the mirror for the restart time (see retention).
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from testbed.bgp import guard, update
from testbed.bgp.client import GobgpClient, Watch
from testbed.bgp.connection import Connection
from testbed.bgp.errors import GobgpUnavailable
from testbed.bgp.mirror import Mirror
from testbed.bgp.model import BgpStatus, Family
from testbed.bgp.pace import Pace
from testbed.bgp.station import Begun, PeerSent, Report, SessionBegun, Station, listen
from testbed.bgp.translate import EndOfRib, PeerChanged, WatchEvent
from testbed.errors import TestbedError

if TYPE_CHECKING:
    import socket as sockets
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from testbed.bgp.model import DesiredBgp, ReceivedPath
    from testbed.bgp.retention import Rib, Source
    from testbed.bgp.update import Update

log = logging.getLogger(__name__)
_MANY = 500  # paths; reading fewer costs little
_LONGEST_READ_REST, _LONGEST_BATCH_REST = 5.0, 0.1  # seconds
_RETRY_SECONDS = 1.0  # after gobgpd refused something that may work later (an address to come)


@dataclass(frozen=True)
class _Broken:
    """The event stream of one connection ended."""

    watch: Watch
    why: TestbedError


_Event = WatchEvent | Report


@dataclass(frozen=True)
class _Seen:
    """An event of one connection's stream."""

    watch: Watch
    event: _Event


class BgpDriver:
    """Reconciles one gobgpd; `on_event` is called, in its thread, after every visible change.

    `on_event` must be short (set a flag, write to a pipe). `stop` leaves gobgpd as it is: a new
    driver adopts what it finds there. `listener` makes the socket to which gobgpd reports, which
    must be in gobgpd's network namespace.
    """

    def __init__(
        self,
        socket: Path,
        on_event: Callable[[], None] | None = None,
        listener: Callable[[], sockets.socket] = listen,
    ) -> None:
        self._socket = socket
        self._on_event = on_event
        self._listener = listener
        self._inbox: queue.SimpleQueue[_Seen | _Broken | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._desired: DesiredBgp | None = None
        self._status = BgpStatus()
        self._mirror = Mirror()
        self._reads, self._batches = Pace(_LONGEST_READ_REST), Pace(_LONGEST_BATCH_REST)
        self._puzzling: set[str] = set()  # peers that sent what only gobgpd understands
        self._rib: Rib = {}
        self._thread = threading.Thread(
            target=self._run_until_stopped, name="bgp-driver", daemon=True
        )

    def start(self) -> None:
        """Begin; connects as soon as there is a desired state."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the connection; gobgpd keeps its sessions and paths."""
        self._stopping.set()
        self._inbox.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def set_desired(self, desired: DesiredBgp) -> None:
        """Replace the desired state; from any thread. Raises TestbedError on unusable identity."""
        guard.check_identity(desired)
        with self._changed:
            if desired == self._desired:
                return
            self._desired = desired
            self._status = _change_status(self._status, settled=False)
        self._inbox.put(None)

    def status(self) -> BgpStatus:
        """The current status, as one value."""
        with self._changed:
            return self._status

    def rib(self) -> list[ReceivedPath]:
        """Every path of every peer, established or lost a moment ago; never one of our own."""
        return [path for paths in self.rib_by_source().values() for path in paths]

    def rib_by_source(self) -> Rib:
        """The same by peer and family; what has not changed is the same object as before."""
        with self._changed:
            return self._rib

    def wait(self, condition: Callable[[BgpDriver], bool], timeout: float) -> bool:
        """Wait until the condition holds, tested after every visible change; timeout in seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout)

    def _run_until_stopped(self) -> None:
        while not self._stopping.is_set():
            if self._desired is None:
                self._inbox.get()
                continue
            with contextlib.closing(GobgpClient(self._socket)) as client:
                try:
                    self._serve_connection(client)
                except TestbedError as error:
                    served = self.status().connected
                    self._publish_loss(str(error))
                    if not served:  # it answers, but not to us: do not spin
                        self._stopping.wait(_RETRY_SECONDS)
                except Exception as error:  # a defect of ours must not end the reconciling
                    log.exception("reconciling %s failed", self._socket)
                    self._publish_loss(f"internal error: {error!r}")
                    self._stopping.wait(_RETRY_SECONDS)

    def _serve_connection(self, client: GobgpClient) -> None:
        """Serve one connection: adopt, replay, then follow changes and events until it breaks."""

        def absent() -> None:
            self._publish_status(self._in_use(), faults=(f"{self._socket}: waiting for gobgpd",))

        if not client.wait_ready(self._stopping, absent):
            return
        watch = client.watch()
        follower = threading.Thread(target=self._follow_events, args=(watch,), daemon=True)
        follower.start()

        def reported(report: Report) -> None:
            self._inbox.put(_Seen(watch, report))

        try:
            with contextlib.closing(Station(self._listener(), reported)) as station:
                self._reconcile_until_broken(Connection(client, station), watch)
        finally:
            watch.cancel()
            follower.join()

    def _reconcile_until_broken(self, connection: Connection, watch: Watch) -> None:
        faults = self._apply_desired(connection)
        self._read_state(connection, [])
        while not self._stopping.is_set():
            events, woken = self._take_events(watch, self._seconds_to_wait(bool(faults)))
            begun = time.monotonic()
            lost = self._read_state(connection, events)
            self._batches.note(begun)
            for peer in lost:
                connection.forget_peer(peer)
            if woken or lost:
                faults = self._apply_desired(connection)

    def _seconds_to_wait(self, faulty: bool) -> float | None:
        """Seconds until a retry, an expiry or a read is due; None if there is none."""
        due = self._mirror.due()
        waits = [_RETRY_SECONDS] if faulty else []
        waits += [] if due is None else [max(0.0, due - time.monotonic())]
        waits += [self._reads.seconds_left()] if self._puzzling else []
        return min(waits, default=None)

    def _follow_events(self, watch: Watch) -> None:
        why: TestbedError = GobgpUnavailable("the event stream ended", where=str(self._socket))
        try:
            for event in watch:
                self._inbox.put(_Seen(watch, event))
        except TestbedError as error:
            why = error
        self._inbox.put(_Broken(watch, why))

    def _take_events(self, watch: Watch, timeout: float | None) -> tuple[list[_Event], bool]:
        """All waiting events, and whether to apply the desired state (changed, or a retry)."""
        events: list[_Event] = []
        woken = False
        with contextlib.suppress(queue.Empty):
            item = self._inbox.get(timeout=timeout)
            self._stopping.wait(self._batches.seconds_left())
            while True:
                if item is None:
                    woken = True
                elif item.watch is watch:
                    if isinstance(item, _Broken):
                        raise item.why
                    events.append(item.event)
                item = self._inbox.get_nowait()
        return events, woken or not events

    def _apply_desired(self, connection: Connection) -> tuple[str, ...]:
        """Bring gobgpd to the desired state; refusals are returned and shown, not raised."""
        with self._changed:
            desired = self._desired
        assert desired is not None  # _run_until_stopped waits for the first one
        faults, retry = connection.apply(desired)
        with self._changed:
            current = desired is self._desired
        self._publish_status(
            connected=True,
            settled=current and not faults,
            announced=frozenset(connection.applied.paths.values()),
            faults=faults,
        )
        return retry

    def _read_state(self, connection: Connection, events: Sequence[_Event]) -> set[str]:
        """Publish the state after these events; returns the lost sessions."""
        peers = self._status.peers
        before = {peer.address for peer in peers if peer.established}
        said = [(event.peer, _understand(event)) for event in events if isinstance(event, PeerSent)]
        sessions = {event.peer for event in events if isinstance(event, PeerChanged)}
        withdrawing = any(heard and heard.withdrawn for _, heard in said)
        if sessions or withdrawing or not peers:  # gobgpd withdraws what a lost session had
            peers = tuple(connection.client.list_peers())
        up = {peer.address for peer in peers if peer.established}
        self._retain_lost(events, up)
        self._apply_messages(said)
        self._read_paths(connection, _sources_to_read(sessions | (up - before), events, up), up)
        counts = Counter[str]()
        for (peer, _), paths in self._mirror.live.items():
            counts[peer] += len(paths)
        counted = tuple(replace(peer, received=counts[peer.address]) for peer in peers)
        self._publish_status(self._in_use(), peers=counted)
        return before & {peer.address for peer in peers if peer.state == "IDLE"}

    def _apply_messages(self, said: Iterable[tuple[str, Update | None]]) -> None:
        for peer, heard in said:
            if heard is None:
                self._puzzling.add(peer)
            else:
                self._mirror.apply(peer, heard)

    def _read_paths(self, connection: Connection, sources: set[Source], up: set[str]) -> None:
        """Read these sources, and what was not understood if that is not too often."""
        if not self._reads.seconds_left():
            sources |= _all_of(self._puzzling & up)
            self._puzzling.clear()
        begun, read = time.monotonic(), 0
        for peer, family in sorted(sources, key=lambda source: (source[0], source[1].value)):
            paths = connection.received(family, peer)
            self._mirror.replace((peer, family), paths)
            read += len(paths)
        if read >= _MANY:
            self._reads.note(begun)

    def _retain_lost(self, events: Iterable[_Event], up: set[str]) -> None:
        """Mark paths of lost sessions as stale, and drop stale paths after a peer's End-of-RIB."""
        for event in events:
            if isinstance(event, EndOfRib):
                self._mirror.release((event.peer, event.family))
            elif isinstance(event, PeerChanged) and event.state != "ESTABLISHED":
                self._retain_peer(event.peer)
        for peer in self._mirror.peers - up:
            self._retain_peer(peer)

    def _retain_peer(self, address: str) -> None:
        self._mirror.lose(address, time.monotonic() + self._wanted_peers().get(address, 0))

    def _in_use(self) -> Rib:
        return self._mirror.in_use(time.monotonic(), self._wanted_peers())

    def _wanted_peers(self) -> dict[str, int]:
        """The restart time of each session that is wanted."""
        with self._changed:
            peers = self._desired.peers if self._desired else ()
        return {str(ip_address(peer.address)): peer.restart_time for peer in peers}

    def _publish_loss(self, why: str) -> None:
        self._retain_lost((), set())
        self._publish_status(
            self._in_use(),
            connected=False,
            settled=False,
            peers=(),
            announced=frozenset(),
            faults=(why,),
        )

    def _publish_status(
        self,
        rib: Rib | None = None,
        **changes: object,
    ) -> None:
        """Publish a changed status or RIB, and notify only if it differs."""
        with self._changed:
            status = _change_status(self._status, **changes)
            unchanged = status == self._status and (rib is None or rib == self._rib)
            if unchanged:
                return
            self._status = status
            self._rib = self._rib if rib is None else rib
            self._changed.notify_all()
        if self._on_event is not None:
            self._on_event()


def _change_status(status: BgpStatus, **changes: object) -> BgpStatus:
    return BgpStatus(**{**vars(status), **changes})


def _understand(event: PeerSent) -> Update | None:
    """What a peer's message says; None if only gobgpd knows."""
    try:
        return update.parse(event.message)
    except update.Irregular:
        return None


def _sources_to_read(
    sessions: Iterable[str], events: Iterable[_Event], up: Iterable[str]
) -> set[Source]:
    """Of the peers that are up, what may differ from what their messages say."""
    found = _all_of(sessions)
    for event in events:
        if isinstance(event, Begun):
            found |= _all_of(up)
        elif isinstance(event, SessionBegun):
            found |= _all_of([event.peer])
        elif isinstance(event, EndOfRib):
            found.add((event.peer, event.family))
    return {source for source in found if source[0] in up}


def _all_of(peers: Iterable[str]) -> set[Source]:
    return {(peer, family) for peer in peers for family in Family}
