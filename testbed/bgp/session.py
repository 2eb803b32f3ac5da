"""Keeps one gobgpd in a desired state across failures, and mirrors the paths that peers send.

gobgpd forgets everything when it ends, so the desired state lives here and is replayed. One
thread owns all decisions; two others only turn what gobgpd reports into wake-ups. An event never
carries state: after it, the state that it concerns is read again, so a lost or doubled event
cannot make the mirror drift. Paths of a session that was lost, or of a gobgpd that ended, stay in
the mirror for the restart time (see retention).
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from testbed.bgp import guard
from testbed.bgp.client import GobgpClient, Watch
from testbed.bgp.connection import Connection
from testbed.bgp.errors import GobgpUnavailable
from testbed.bgp.model import Family
from testbed.bgp.pace import Pace
from testbed.bgp.retention import Retention
from testbed.bgp.station import Station, listen
from testbed.bgp.translate import EndOfRib, PeerChanged, WatchEvent
from testbed.errors import TestbedError

if TYPE_CHECKING:
    import socket as sockets
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from testbed.bgp.model import Announcement, DesiredBgp, PeerStatus, ReceivedPath
    from testbed.bgp.retention import Rib

log = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0  # after gobgpd refused something that may work later (an address to come)


@dataclass(frozen=True)
class BgpStatus:
    """A consistent snapshot of the driver: `settled` means gobgpd holds all of the desired state.

    `faults` says in sentences what does not; `announced` is what gobgpd holds of ours. Of the
    peers' counts, `received` is current and `advertised` is as of the session's last change.
    """

    connected: bool = False
    settled: bool = False
    peers: tuple[PeerStatus, ...] = ()
    announced: frozenset[Announcement] = frozenset()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Broken:
    """The event stream of one connection ended."""

    watch: Watch
    why: TestbedError


@dataclass(frozen=True)
class _RoutesSent:
    """A peer announced or withdrew paths."""

    peer: str


_Event = WatchEvent | _RoutesSent


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
        self._live: Rib = {}
        self._retention = Retention()
        self._pace = Pace()
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
        with self._changed:
            return [path for paths in self._rib.values() for path in paths]

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

        def reported(peer: str) -> None:
            self._inbox.put(_Seen(watch, _RoutesSent(peer)))

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
            lost = self._read_state(connection, events)
            for peer in lost:
                connection.forget_peer(peer)
            if woken or lost:
                faults = self._apply_desired(connection)

    def _seconds_to_wait(self, faulty: bool) -> float | None:
        """Seconds until a retry or an expiry is due; None if there is neither."""
        due = self._retention.due()
        waits = [_RETRY_SECONDS] if faulty else []
        waits += [] if due is None else [max(0.0, due - time.monotonic())]
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
            self._stopping.wait(self._pace.seconds_left())
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
        """Read and publish the state that the events concern; returns the lost sessions."""
        peers = self._status.peers
        before = {peer.address for peer in peers if peer.established}
        sessions = {event.peer for event in events if isinstance(event, PeerChanged)}
        if sessions or not peers:
            peers = tuple(connection.client.list_peers())
        up = {peer.address for peer in peers if peer.established}
        self._retain_lost(events, up)
        heard = sessions | {event.peer for event in events} | (up - before)
        begun, read = time.monotonic(), 0
        for peer in heard & up:  # no peer is shown up before its paths are read
            for family in Family:
                self._live[peer, family] = connection.received(family, peer)
                read += len(self._live[peer, family])
        self._pace.note_read(begun, read)
        counted = tuple(_count_received(peer, self._live) for peer in peers)
        self._publish_status(self._in_use(), peers=counted)
        return before & {peer.address for peer in peers if peer.state == "IDLE"}

    def _retain_lost(self, events: Iterable[_Event], up: set[str]) -> None:
        """Mark paths of lost sessions as stale, and drop stale paths after a peer's End-of-RIB."""
        for event in events:
            if isinstance(event, EndOfRib):
                self._retention.release((event.peer, event.family))
            elif isinstance(event, PeerChanged) and event.state != "ESTABLISHED":
                self._retain_peer(event.peer)
        for peer in {peer for peer, _ in self._live} - up:
            self._retain_peer(peer)

    def _retain_peer(self, address: str) -> None:
        restart_time = self._wanted_peers().get(address, 0)
        for source in [source for source in self._live if source[0] == address]:
            until = time.monotonic() + restart_time
            self._retention.keep(source, self._live.pop(source), until)

    def _in_use(self) -> Rib:
        self._retention.purge(time.monotonic(), self._wanted_peers())
        return self._retention.beside(self._live)

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


def _count_received(peer: PeerStatus, rib: Rib) -> PeerStatus:
    received = sum(len(paths) for key, paths in rib.items() if key[0] == peer.address)
    return replace(peer, received=received)
