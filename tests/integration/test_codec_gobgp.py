"""Our SR Policy bytes through real gobgpd: its own decoder, a session, and back into our types."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from testbed.bgp import schema
from testbed.bgp.model import Announcement, BgpPeer, DesiredBgp, Family
from testbed.bgp.session import BgpDriver
from testbed.srpolicy.bgp import codec, tlv
from testbed.srpolicy.model import Candidate, Originator, Segment, SegmentList, best_effort
from tests.integration.programs import GOBGPD, needs_gobgpd

if TYPE_CHECKING:
    from collections.abc import Iterator

ASN, PATIENCE = 64512, 30.0
SENDER, RECEIVER = "127.90.0.1", "127.90.0.2"
HOP = IPv6Address("fd34::2")


pytestmark = needs_gobgpd


class Pair:
    """Two gobgpd on loopback addresses, with a session between them."""

    def __init__(self, undo: contextlib.ExitStack, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind((SENDER, 0))
            self.port = probe.getsockname()[1]
        self.processes = {a: self._boot(undo, a) for a in (SENDER, RECEIVER)}
        self.sender, self.receiver = (self._drive(undo, a) for a in (SENDER, RECEIVER))
        self.announce()
        self.receiver.set_desired(self._desired(RECEIVER, SENDER))

    def socket_of(self, address: str) -> Path:
        return self.directory / f"{address}.sock"

    def _boot(self, undo: contextlib.ExitStack, address: str) -> subprocess.Popen[bytes]:
        command = [str(GOBGPD), "--api-hosts", f"unix://{self.socket_of(address)}"]
        with (self.directory / f"{address}.log").open("wb") as log:
            process = subprocess.Popen([*command, "--pprof-disable"], stdout=log, stderr=log)
        undo.callback(process.wait)
        undo.callback(process.kill)
        return process

    def _drive(self, undo: contextlib.ExitStack, address: str) -> BgpDriver:
        driver = BgpDriver(self.socket_of(address))
        driver.start()
        undo.callback(driver.stop)
        return driver

    def _desired(self, own: str, other: str, *paths: Announcement) -> DesiredBgp:
        peer = BgpPeer(
            other,
            ASN,
            local_address=own,
            passive=own == RECEIVER,
            port=self.port,
            families=(Family.IPV6_SRPOLICY,),
        )
        listen = {"listen_addresses": (own,), "listen_port": self.port}
        return DesiredBgp(ASN, own, frozenset({peer}), frozenset(paths), **listen)

    def announce(self, *paths: Announcement) -> None:
        self.sender.set_desired(self._desired(SENDER, RECEIVER, *paths))

    def received(self) -> dict[bytes, codec.Received]:
        """What the receiver's gobgpd has from the session, through our decoder."""
        who = Originator(ASN, IPv4Address(SENDER))
        return {p.nlri: codec.decode(p.nlri, p.attrs, who) for p in self.receiver.rib()}

    def alive(self) -> bool:
        return all(process.poll() is None for process in self.processes.values())

    def decoded_by_gobgp(self) -> list[Message]:
        """The receiver's paths in the form into which GoBGP decoded them (not binary)."""
        make = schema.messages()
        request = make["ListPathRequest"](
            table_type=schema.TABLE_GLOBAL, family=make["Family"](afi=tlv.AFI, safi=tlv.SAFI)
        )
        with grpc.insecure_channel(f"unix:{self.socket_of(RECEIVER)}") as channel:
            call = channel.unary_stream(
                schema.SERVICE + "ListPath",
                request_serializer=lambda message: message.SerializeToString(),
            )
            replies = [Message(reply) for reply in call(request, timeout=PATIENCE)]
        return [path for reply in replies for path in reply.one(1).all(2)]


class Message:
    """Any protobuf message by field numbers (those of GoBGP's .proto files)."""

    def __init__(self, data: bytes) -> None:
        self.fields: dict[int, list[int | bytes]] = {}
        while data:
            tag, data = self._varint(data)
            values = self.fields.setdefault(tag >> 3, [])
            if tag & 7 == 0:
                number, data = self._varint(data)
                values.append(number)
            else:
                size, data = (4, data) if tag & 7 == 5 else self._varint(data)
                values.append(data[:size])
                data = data[size:]

    @staticmethod
    def _varint(data: bytes) -> tuple[int, bytes]:
        value = 0
        for i, octet in enumerate(data):
            value |= (octet & 0x7F) << 7 * i
            if octet < 0x80:
                return value, data[i + 1 :]
        raise ValueError("varint without end")

    def all(self, number: int) -> list[Message]:
        return [Message(value) for value in self.fields.get(number, []) if isinstance(value, bytes)]

    def one(self, number: int) -> Message:
        (found,) = self.all(number)
        return found

    def value(self, number: int) -> int | bytes:
        return self.fields.get(number, [0])[0]

    def octets(self, number: int) -> bytes:
        value = self.value(number)
        assert isinstance(value, bytes)
        return value


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with contextlib.ExitStack() as undo:
        yield Pair(undo, tmp_path)


def lists(*paths: tuple[int, tuple[str, ...]], behavior: int = 19) -> tuple[SegmentList, ...]:
    return tuple(
        SegmentList(
            (
                *(Segment(IPv6Address(s)) for s in sids[:-1]),
                Segment(IPv6Address(sids[-1]), behavior),
            ),
            weight,
        )
        for weight, sids in paths
    )


WORKER2, MASTER = IPv6Address("fd12::1000"), IPv6Address("fd10::1000")
PLAIN = Candidate(
    WORKER2, lists((1, ("fcff:6::1", "fcff:8::1", "fcdd::12aa:1"))), color=94, distinguisher=4
)
RICH = replace(
    PLAIN,
    color=95,
    preference=2**32 - 1,
    priority=0,
    binding_sid=IPv6Address("cafe::4"),
    segment_lists=lists((7, ("fcff:2::1", "fcdd::6")), (2**32 - 1, ("fcdd::6",)), behavior=18),
)
ODD = replace(  # semantically useless, but well-formed: must do no harm
    PLAIN,
    color=0,
    distinguisher=2**32 - 1,
    endpoint=IPv6Address("::"),
    preference=0,
    segment_lists=(SegmentList((Segment(IPv6Address("::")), Segment(IPv6Address("::"), 0)), 0),),
)
LONG = replace(PLAIN, color=96, segment_lists=lists(*[(9, ("fcff:6::1",) * 30)] * 4))
BEST_EFFORT = best_effort(MASTER, 6, IPv6Address("fcdd::aa:6"), IPv6Address("cafe::185"))
TARGETS = [IPv4Address("192.168.10.254"), IPv4Address("192.168.11.254")]


def announcement(candidate: Candidate, targets: list[IPv4Address] | None = None) -> Announcement:
    attrs = codec.encode_attributes(candidate, HOP, targets or [])
    return Announcement(Family.IPV6_SRPOLICY, codec.encode_nlri(candidate.key), attrs)


def as_received(candidate: Candidate) -> Candidate:
    return replace(
        candidate,
        priority=candidate.wire_priority,
        originator=Originator(ASN, IPv4Address(SENDER)),
    )


def wait(pair: Pair, what: str, wanted: int) -> None:
    if not pair.receiver.wait(lambda driver: len(driver.rib()) == wanted, PATIENCE):
        pytest.fail(f"never: {what}; {pair.sender.status()} {pair.receiver.status()}")


def test_policies_survive_a_session_between_two_gobgpd(pair: Pair) -> None:
    candidates = [PLAIN, RICH, ODD, LONG, BEST_EFFORT]
    paths = [announcement(candidate, TARGETS) for candidate in candidates]
    pair.announce(*paths)
    wait(pair, "five policies", len(paths))
    received = pair.received()
    for candidate, path in zip(candidates, paths, strict=True):
        assert received[path.nlri].candidate == as_received(candidate)
        assert received[path.nlri].route_targets == tuple(TARGETS)
    pair.announce(paths[0])
    wait(pair, "four withdrawals", 1)
    assert list(pair.received()) == [paths[0].nlri]
    assert pair.alive()


def test_the_rfcs_srv6_binding_sid_passes_gobgp(pair: Pair) -> None:
    """We send sub-TLV 13; others may send 20, which GoBGP does not know."""
    path = announcement(replace(PLAIN, binding_sid=IPv6Address("cafe::4")))
    thirteen, twenty = (bytes([kind, 18, 0, 0]) for kind in (13, 20))
    assert path.attrs.count(thirteen + IPv6Address("cafe::4").packed) == 1
    other = replace(
        path,
        attrs=path.attrs.replace(
            thirteen + IPv6Address("cafe::4").packed, twenty + IPv6Address("cafe::4").packed
        ),
    )
    pair.announce(other)
    wait(pair, "the policy", 1)
    assert pair.received()[path.nlri].candidate.binding_sid == IPv6Address("cafe::4")


def test_gobgps_own_decoder_reads_what_we_mean(pair: Pair) -> None:
    pair.announce(announcement(RICH, TARGETS))
    wait(pair, "the policy", 1)
    (path,) = pair.decoded_by_gobgp()
    nlri = path.one(1).one(17)  # SRPolicyNLRI
    assert (nlri.value(2), nlri.value(3)) == (RICH.distinguisher, RICH.color)
    assert nlri.value(4) == WORKER2.packed
    attributes = {kind: m for item in path.all(2) for kind in item.fields for m in item.all(kind)}
    tunnel = attributes[18].one(1)  # TunnelEncapAttribute
    assert tunnel.value(1) == tlv.SR_POLICY_TUNNEL
    kinds = [kind for item in tunnel.all(2) for kind in item.fields]
    assert kinds == [7, 11, 8, 12, 12], "preference, binding SID, priority, two segment lists"
    preference, binding_sid, priority, *segment_lists = (
        item.one(kind) for item, kind in zip(tunnel.all(2), kinds, strict=True)
    )
    assert preference.value(2) == RICH.preference
    assert priority.value(1) == RICH.priority
    assert binding_sid.one(1).value(3) == IPv6Address("cafe::4").packed
    for ours, theirs in zip(RICH.segment_lists, segment_lists, strict=True):
        assert theirs.one(1).value(2) == ours.weight
        for segment, item in zip(ours.segments, theirs.all(2), strict=True):
            type_b = item.one(2)
            assert type_b.value(2) == segment.sid.packed
            b_flag = type_b.one(1).value(4)
            assert bool(b_flag) == (segment.behavior is not None)
            assert [m.value(1) for m in type_b.all(3)] == ([18] if b_flag else [])
    targets = [community.one(3) for community in attributes[14].all(1)]
    assert [t.octets(3).decode() for t in targets] == [str(target) for target in TARGETS]
    assert [(t.value(1), t.value(2), t.value(4)) for t in targets] == [(1, 2, 0)] * 2
