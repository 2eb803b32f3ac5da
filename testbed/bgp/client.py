"""Calls the gRPC API of one gobgpd (GoBGP 4) with the testbed's own types and errors.

grpc is imported when a client is made, not before: it costs start time that other commands
should not pay.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from testbed.bgp import attributes, schema, translate
from testbed.bgp.errors import GobgpError, GobgpUnavailable
from testbed.bgp.model import Family, GlobalConfig, PeerStatus, ReceivedPath
from testbed.bgp.schema import Proto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from testbed.bgp.model import Announcement, BgpPeer

_DEADLINE = 10.0  # seconds; gobgpd answers in milliseconds unless it hangs
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),  # otherwise two clients share their back-off
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 2000),  # how long one attempt may take on a busy machine
    ("grpc.max_reconnect_backoff_ms", 100),
)


class GobgpClient:
    """One gobgpd behind its unix socket; every method raises GobgpUnavailable or GobgpError."""

    def __init__(self, socket: Path) -> None:
        import grpc

        self._grpc = grpc
        self._socket = socket
        self._messages = schema.messages()
        self._channel = self._open_channel()

    def _open_channel(self) -> Proto:
        return self._grpc.insecure_channel(f"unix:{self._socket.absolute()}", options=_OPTIONS)

    def close(self) -> None:
        """End the channel; running calls and watches end with GobgpUnavailable."""
        self._channel.close()

    def wait_ready(self, cancelled: threading.Event, on_wait: Callable[[], None]) -> bool:
        """Connect until gobgpd's socket answers; False when `cancelled` was set meanwhile.

        `on_wait` is called again and again while it is not there. Listens to the state of a
        channel of its own: grpc keeps a thread for a listened-to channel until that channel is
        closed, and that would keep a process alive whose user forgot `close`.
        """
        changed = threading.Condition()
        states: list[Proto] = []

        def note(state: Proto) -> None:
            with changed:
                states.append(state)
                changed.notify_all()

        ready = self._grpc.ChannelConnectivity.READY
        failed = self._grpc.ChannelConnectivity.TRANSIENT_FAILURE
        waited = False
        with contextlib.closing(self._open_channel()) as probe, changed:
            probe.subscribe(note, try_to_connect=True)
            while not cancelled.is_set():
                if states and states[-1] is ready:
                    return True
                waited = waited or failed in states
                if waited:
                    on_wait()
                states.clear()
                changed.wait(0.2)  # bounded only so that `cancelled` is seen
        return False

    def start_bgp(self, identity: GlobalConfig) -> None:
        """Give gobgpd its identity; it takes one only once in its life."""
        start = self._messages["StartBgpRequest"]()
        start.__getattribute__("global").CopyFrom(
            self._messages["Global"](
                asn=identity.asn,
                router_id=identity.router_id,
                listen_port=identity.listen_port,
                listen_addresses=identity.listen_addresses,
            )
        )
        self._call_method("StartBgp", start)

    def get_bgp(self) -> GlobalConfig | None:
        """The identity that gobgpd has, None before StartBgp."""
        found = getattr(self._call_method("GetBgp", self._messages["GetBgpRequest"]()), "global")
        if not found.asn:
            return None
        return GlobalConfig(
            found.asn, found.router_id, tuple(found.listen_addresses), found.listen_port
        )

    def add_peer(self, peer: BgpPeer) -> None:
        """Configure a session; it comes up by itself, fast (both retry timers at one second)."""
        make = self._messages
        wanted = make["Peer"](
            conf=make["PeerConf"](neighbor_address=peer.address, peer_asn=peer.asn),
            timers=make["Timers"](
                config=make["TimersConfig"](
                    connect_retry=1,
                    idle_hold_time_after_reset=1,
                    hold_time=peer.hold_time,
                    keepalive_interval=peer.keepalive,
                )
            ),
            graceful_restart=make["GracefulRestart"](
                enabled=True, restart_time=peer.restart_time, deferral_time=peer.restart_time
            ),
            transport=make["Transport"](
                local_address=peer.local_address or "",
                passive_mode=peer.passive,
                remote_port=peer.port,
            ),
            afi_safis=[
                make["AfiSafi"](
                    config=make["AfiSafiConfig"](family=self._family_message(family), enabled=True),
                    mp_graceful_restart=make["MpGracefulRestart"](
                        config=make["MpGracefulRestartConfig"](enabled=True)
                    ),
                )
                for family in peer.families
            ],
        )
        self._call_method("AddPeer", make["AddPeerRequest"](peer=wanted))

    def delete_peer(self, address: str) -> None:
        """End a session and forget it; its paths go with it."""
        self._call_method("DeletePeer", self._messages["DeletePeerRequest"](address=address))

    def list_peers(self) -> list[PeerStatus]:
        """Every configured session with its state and number of paths."""
        return [translate.peer_status(peer) for peer in self._list_peers()]

    def configured_peers(self) -> list[translate.AdoptedPeer]:
        """Every configured session as configured, to compare with what is wanted."""
        return [translate.adopted_peer(peer) for peer in self._list_peers()]

    def _list_peers(self) -> list[Proto]:
        request = self._messages["ListPeerRequest"]()
        return [reply.peer for reply in self._stream_replies("ListPeer", request, _DEADLINE)]

    def add_path(self, announcement: Announcement) -> None:
        """Originate a path, replacing one with the same NLRI without a withdraw in between.

        The caller has checked it (guard.check_announcement): gobgpd panics on malformed paths.
        """
        request = self._messages["AddPathRequest"](
            table_type=schema.TABLE_GLOBAL, path=self._path_message(announcement)
        )
        self._call_method("AddPath", request)

    def delete_path(self, announcement: Announcement) -> None:
        """Withdraw a path of ours; only its family and NLRI decide which."""
        path = self._path_message(announcement)
        request = self._messages["DeletePathRequest"](
            table_type=schema.TABLE_GLOBAL, family=path.family, path=path
        )
        self._call_method("DeletePath", request)

    def list_paths(self, family: Family, peer: str) -> list[ReceivedPath]:
        """What this peer has announced (its Adj-RIB-In), as bytes."""
        return self._list_paths(family, schema.TABLE_ADJ_IN, peer, lambda _: peer)

    def list_own_paths(self, family: Family) -> list[ReceivedPath]:
        """What this gobgpd originates itself; `peer` is empty there."""
        paths = self._list_paths(family, schema.TABLE_GLOBAL, "", translate.source)
        return [path for path in paths if not path.peer]

    def _list_paths(
        self, family: Family, table: int, name: str, peer_of: Callable[[Proto], str]
    ) -> list[ReceivedPath]:
        request = self._messages["ListPathRequest"](
            table_type=table,
            name=name,
            family=self._family_message(family),
            enable_only_binary=True,
        )
        return [
            ReceivedPath(peer_of(path), family, path.nlri_binary, b"".join(path.pattrs_binary))
            for reply in self._stream_replies("ListPath", request, _DEADLINE)
            for path in reply.destination.paths
        ]

    def watch(self) -> Watch:
        """Begin a stream of events: the present state of every session first, then changes.

        Never ask for paths here: gobgpd would print them, and panics on some that peers send.
        """
        make = self._messages
        request = make["WatchEventRequest"](
            peer=make["WatchPeer"](),
            table=make["WatchTable"](
                filters=[make["WatchFilter"](type=schema.WATCH_END_OF_RIB, init=True)]
            ),
        )
        return Watch(self, self._start_stream("WatchEvent", request, None))

    def report_to(self, host: str, port: int) -> None:
        """Send every update of a peer, as it came, to this BMP station and to no other."""
        make = self._messages
        for reply in list(self._stream_replies("ListBmp", make["ListBmpRequest"](), _DEADLINE)):
            old = reply.station.conf
            self._call_method(
                "DeleteBmp", make["DeleteBmpRequest"](address=old.address, port=old.port)
            )
        station = make["AddBmpRequest"](address=host, port=port, policy=schema.BMP_PRE_POLICY)
        self._call_method("AddBmp", station)

    def _family_message(self, family: Family) -> Proto:
        return self._messages["Family"](afi=family.afi, safi=family.safi)

    def _path_message(self, announcement: Announcement) -> Proto:
        return self._messages["Path"](
            family=self._family_message(announcement.family),
            nlri_binary=announcement.nlri,
            pattrs_binary=[a.raw for a in attributes.split(announcement.attrs)],
        )

    def _call_method(self, method: str, request: Proto) -> Proto:
        reply = self._messages[f"{method}Response"]
        call = self._channel.unary_unary(
            schema.SERVICE + method,
            request_serializer=_to_bytes,
            response_deserializer=reply.FromString,
        )
        try:
            return call(request, timeout=_DEADLINE)
        except (self._grpc.RpcError, ValueError) as error:
            raise self.failure(method, error) from None

    def _start_stream(self, method: str, request: Proto, timeout: float | None) -> Proto:
        reply = self._messages[f"{method}Response"]
        call = self._channel.unary_stream(
            schema.SERVICE + method,
            request_serializer=_to_bytes,
            response_deserializer=reply.FromString,
        )
        try:
            return call(request, timeout=timeout)
        except (self._grpc.RpcError, ValueError) as error:
            raise self.failure(method, error) from None

    def _stream_replies(self, method: str, request: Proto, timeout: float) -> Iterator[Proto]:
        try:
            yield from self._start_stream(method, request, timeout)
        except (self._grpc.RpcError, ValueError) as error:
            raise self.failure(method, error) from None

    def failure(self, method: str, error: Exception) -> GobgpError:
        """Our error for one of grpc's; ValueError is what grpc says about a closed channel."""
        where = str(self._socket)
        code = error.code() if hasattr(error, "code") else self._grpc.StatusCode.UNAVAILABLE
        why = (error.details() if hasattr(error, "details") else str(error)) or str(code)
        gone = (
            self._grpc.StatusCode.UNAVAILABLE,
            self._grpc.StatusCode.DEADLINE_EXCEEDED,
            self._grpc.StatusCode.CANCELLED,
        )
        if code in gone:
            return GobgpUnavailable(f"gobgpd does not answer {method}", where=where, why=why)
        return GobgpError(f"gobgpd refused {method}", where=where, why=why)


class Watch:
    """A running stream of events; iterate in one thread, cancel from any."""

    def __init__(self, client: GobgpClient, call: Proto) -> None:
        self._client = client
        self._call = call

    def __iter__(self) -> Iterator[translate.WatchEvent]:
        """Events until cancelled; raises GobgpUnavailable when the stream breaks."""
        try:
            for reply in self._call:
                yield from translate.events(reply)
        except (self._client._grpc.RpcError, ValueError) as error:
            raise self._client.failure("WatchEvent", error) from None

    def cancel(self) -> None:
        """End the stream."""
        self._call.cancel()


def _to_bytes(message: Proto) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded
