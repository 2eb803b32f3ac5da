"""Two gobgpd in two network namespaces, each kept at its desired state by a driver of ours."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import signal
import struct
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from socket import socket as Socket
from typing import TYPE_CHECKING

import pytest

from testbed.bgp import attributes, schema, station, unicast
from testbed.bgp.client import GobgpClient
from testbed.bgp.model import Announcement, BgpPeer, DesiredBgp, Family
from testbed.bgp.session import BgpDriver
from testbed.host.wait import wait_for
from testbed.srpolicy.bgp import tlv
from testbed.srpolicy.bgp.codec import decode, encode_attributes, encode_nlri
from testbed.srpolicy.model import Behavior, Candidate, Segment, SegmentList
from tests.integration.programs import GOBGPD, needs_gobgpd
from tests.integration.raw_speaker import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASN = 64512
PATIENCE = 30.0
A, B = "fd00:b9::a", "fd00:b9::b"


pytestmark = [pytest.mark.root, needs_gobgpd]


@dataclass
class Speaker:
    """One gobgpd in its namespace, our driver of it, and the test's handle on both."""

    name: str
    address: str
    directory: Path
    process: subprocess.Popen[bytes] | None = None
    drivers: list[BgpDriver] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.directory / f"{self.name}.sock"

    @property
    def driver(self) -> BgpDriver:
        return self.drivers[-1]

    def boot(self) -> None:
        self.socket.unlink(missing_ok=True)
        command = ["ip", "netns", "exec", self.name, str(GOBGPD)]
        command += ["--api-hosts", f"unix://{self.socket}", "--log-level", "info"]
        with (self.directory / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def drive(self) -> BgpDriver:
        self.drivers.append(BgpDriver(self.socket, listener=self.listen))
        self.driver.start()
        return self.driver

    def listen(self) -> Socket:
        """Where this gobgpd can report to: in its namespace."""
        return within(self.name, station.listen)

    def stop(self) -> None:
        for driver in self.drivers:
            driver.stop()
        if self.process is not None:
            self.kill()

    def paths(self, family: Family) -> dict[bytes, bytes]:
        return {p.nlri: p.attrs for p in self.driver.rib() if p.family is family}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Speaker, Speaker]]:
    tag = f"bgpt{os.getpid() % 100000}"
    left, right = Speaker(f"{tag}a", A, tmp_path), Speaker(f"{tag}b", B, tmp_path)
    with contextlib.ExitStack() as undo:
        for speaker in (left, right):
            run("ip", "netns", "add", speaker.name)
            undo.callback(run, "ip", "netns", "del", speaker.name)
        link = ["ip", "-n", left.name, "link", "add", "x", "type", "veth", "peer", "name", "x"]
        run(*link, "netns", right.name)
        for speaker in (left, right):
            undo.callback(speaker.stop)
            run("ip", "-n", speaker.name, "link", "set", "lo", "up")
            run("ip", "-n", speaker.name, "link", "set", "x", "up")
            address = ["address", "add", f"{speaker.address}/64", "dev", "x", "nodad"]
            run("ip", "-n", speaker.name, *address)
            speaker.boot()
        yield left, right


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def desired(speaker: Speaker, *announcements: Announcement) -> DesiredBgp:
    other = B if speaker.address == A else A
    waits = speaker.address == A  # of two that connect at the same moment each refuses the other
    peer = BgpPeer(other, ASN, local_address=speaker.address, passive=waits)
    return DesiredBgp(
        ASN,
        "10.255.0.1" if speaker.address == A else "10.255.0.2",
        frozenset({peer}),
        frozenset(announcements),
    )


def established(driver: BgpDriver) -> bool:
    peers = driver.status().peers
    return bool(peers) and all(peer.established for peer in peers)


def settled(driver: BgpDriver) -> bool:
    return driver.status().settled


def until(driver: BgpDriver, what: str, condition: Callable[[], object]) -> None:
    """Wait for a named condition; show the last state on failure."""
    if not driver.wait(lambda _: bool(condition()), PATIENCE):
        pytest.fail(f"never: {what}; last seen {driver.status()} {driver.rib()}")


def route(prefix: str, next_hop: str = A) -> Announcement:
    return unicast.announce(ipaddress.ip_network(prefix), ipaddress.ip_address(next_hop))


def policy(color: int, preference: int, *segments: str) -> Announcement:
    """An SR Policy towards B as our codec writes it, steering IPv4 (behaviour 19)."""
    sids = [ipaddress.IPv6Address(text) for text in segments]
    path = [Segment(sid) for sid in sids[:-1]] + [Segment(sids[-1], Behavior.END_DT4)]
    endpoint = ipaddress.IPv6Address(B)
    lists = (SegmentList(tuple(path)),)
    candidate = Candidate(endpoint, lists, color=color, preference=preference)
    attrs = encode_attributes(candidate, ipaddress.IPv6Address(A))
    return Announcement(Family.IPV6_SRPOLICY, encode_nlri(candidate.key), attrs)


def with_sub_tlv_20(plain: Announcement) -> Announcement:
    """The same with an SRv6 Binding SID (RFC 9830 §2.4.3), which GoBGP does not know."""
    sid = ipaddress.ip_address("fcbb:bb00:b51d::1").packed
    tunnel = tunnel_of(plain.attrs)[4:] + tlv.sub_tlv(tlv.SRV6_BINDING_SID, b"\0\0" + sid)
    value = struct.pack("!HH", tlv.SR_POLICY_TUNNEL, len(tunnel)) + tunnel
    kept = [a.raw for a in attributes.split(plain.attrs) if a.type != tlv.TUNNEL_ENCAPSULATION]
    attrs = b"".join([*kept, attributes.encode(0xC0, tlv.TUNNEL_ENCAPSULATION, value)])
    return Announcement(plain.family, plain.nlri, attrs)


def tunnel_of(attrs: bytes) -> bytes:
    return next(a.value for a in attributes.split(attrs) if a.type == 23)


POLICY = with_sub_tlv_20(policy(6, 100, "fcbb:bb00:6::", "fcbb:bb00:8::d4"))


def test_sessions_paths_and_withdraws(pair: tuple[Speaker, Speaker]) -> None:
    left, right = pair
    for speaker in pair:
        speaker.drive()
    four, six = route("10.244.1.0/24"), route("fd00:244:1::/64")
    left.driver.set_desired(desired(left, four, six, POLICY))
    right.driver.set_desired(desired(right, policy(7, 50, "fcbb:bb00:3::")))
    for speaker in pair:
        until(speaker.driver, "established", partial(established, speaker.driver))
        until(speaker.driver, "settled", partial(settled, speaker.driver))
    until(right.driver, "three paths", lambda: len(right.driver.rib()) == 3)
    routes, faults = unicast.decode_all(right.driver.rib())
    assert faults == []
    assert {(str(r.peer), str(r.prefix), str(r.next_hop)) for r in routes} == {
        (A, "10.244.1.0/24", A),  # an IPv4 prefix behind an IPv6 next hop, RFC 8950
        (A, "fd00:244:1::/64", A),
    }
    received = right.paths(Family.IPV6_SRPOLICY)
    assert tunnel_of(received[POLICY.nlri]) == tunnel_of(POLICY.attrs)
    candidate = decode(POLICY.nlri, received[POLICY.nlri]).candidate
    assert str(candidate.binding_sid) == "fcbb:bb00:b51d::1"
    until(left.driver, "the other way", lambda: len(left.driver.rib()) == 1)
    assert right.driver.status().peers[0].received == 3

    left.driver.set_desired(desired(left, six))
    until(right.driver, "withdrawn", lambda: len(right.driver.rib()) == 1)
    assert list(right.paths(Family.IPV6_UNICAST)) == [six.nlri]


def test_replacing_a_path_never_withdraws_it(pair: tuple[Speaker, Speaker]) -> None:
    left, right = pair
    for speaker in pair:
        speaker.drive().set_desired(desired(speaker))
    left.driver.set_desired(desired(left, POLICY))
    until(right.driver, "the policy", lambda: right.driver.rib())
    seen: list[int] = []
    right.driver._on_event = lambda: seen.append(len(right.driver.rib()))
    other = policy(6, 100, "fcbb:bb00:7::", "fcbb:bb00:8::d4")
    assert other.nlri == POLICY.nlri
    left.driver.set_desired(desired(left, other))
    until(
        right.driver,
        "the other segments",
        lambda: tunnel_of(right.driver.rib()[0].attrs) == tunnel_of(other.attrs),
    )
    assert set(seen) == {1}


def test_gobgpd_restart_is_replayed(pair: tuple[Speaker, Speaker]) -> None:
    left, right = pair
    for speaker in pair:
        speaker.drive().set_desired(desired(speaker))
    left.driver.set_desired(desired(left, route("10.244.1.0/24"), POLICY))
    until(right.driver, "two paths", lambda: len(right.driver.rib()) == 2)
    left.kill()
    until(right.driver, "withdrawn with the session", lambda: not right.driver.rib())
    until(left.driver, "loss seen", lambda: not left.driver.status().connected)
    assert "gobgpd" in left.driver.status().faults[0]
    left.boot()
    until(right.driver, "two paths again", lambda: len(right.driver.rib()) == 2)
    right.kill()
    right.boot()
    until(right.driver, "and after its own end", lambda: len(right.driver.rib()) == 2)


def test_a_new_driver_adopts_without_cutting(pair: tuple[Speaker, Speaker]) -> None:
    left, right = pair
    for speaker in pair:
        speaker.drive().set_desired(desired(speaker))
    keep, drop = route("10.244.1.0/24"), route("10.244.9.0/24")
    left.driver.set_desired(desired(left, keep, drop))
    until(right.driver, "two paths", lambda: len(right.driver.rib()) == 2)
    left.driver.stop()
    states: list[bool] = []
    right.driver._on_event = lambda: states.append(established(right.driver))
    left.drive().set_desired(desired(left, keep))
    until(right.driver, "the old one withdrawn", lambda: len(right.driver.rib()) == 1)
    until(left.driver, "settled", lambda: left.driver.status().settled)
    assert all(states)
    assert list(right.paths(Family.IPV4_UNICAST)) == [keep.nlri]


def test_a_new_driver_shows_no_peer_before_its_paths(pair: tuple[Speaker, Speaker]) -> None:
    """An agent that restarts must not take "not read yet" for "withdrawn"."""
    left, right = pair
    for speaker in pair:
        speaker.drive().set_desired(desired(speaker))
    left.driver.set_desired(desired(left, route("10.244.1.0/24"), POLICY))
    until(right.driver, "two paths", lambda: len(right.driver.rib()) == 2)
    right.driver.stop()
    seen: list[tuple[bool, int]] = []
    fresh = BgpDriver(
        right.socket, lambda: seen.append((established(fresh), len(fresh.rib()))), right.listen
    )
    right.drivers.append(fresh)
    fresh.start()
    fresh.set_desired(desired(right))
    until(fresh, "up with its paths", lambda: established(fresh) and len(fresh.rib()) == 2)
    assert (True, 0) not in seen


def test_changed_and_removed_peers(pair: tuple[Speaker, Speaker]) -> None:
    left, right = pair
    for speaker in pair:
        speaker.drive().set_desired(desired(speaker, route("10.244.1.0/24", speaker.address)))
    until(left.driver, "a path", lambda: left.driver.rib())
    wanted = desired(left, route("10.244.1.0/24"))
    (peer,) = wanted.peers
    slower = replace(wanted, peers=frozenset({replace(peer, hold_time=30, keepalive=10)}))
    left.driver.set_desired(slower)
    until(left.driver, "settled", lambda: left.driver.status().settled)
    until(left.driver, "up again", lambda: established(left.driver) and left.driver.rib())
    left.driver.set_desired(replace(slower, peers=frozenset()))
    until(left.driver, "no peer", lambda: not left.driver.status().peers)
    assert left.driver.rib() == []
    until(right.driver, "no path", lambda: not right.driver.rib())


def test_bad_announcement_is_refused_and_the_rest_goes_out(
    pair: tuple[Speaker, Speaker],
) -> None:
    left, right = pair
    for speaker in pair:
        speaker.drive().set_desired(desired(speaker))
    bad = Announcement(Family.IPV6_SRPOLICY, b"\x00", POLICY.attrs)
    left.driver.set_desired(desired(left, bad, route("10.244.1.0/24")))
    until(right.driver, "the good one", lambda: len(right.driver.rib()) == 1)
    until(left.driver, "the fault", lambda: left.driver.status().faults)
    assert "IPV6_SRPOLICY 00" in left.driver.status().faults[0]
    assert not left.driver.status().settled


def raw_path(client: GobgpClient, color: int, sub_tlvs: bytes) -> None:
    """Originate what our own guard refuses, as a careless peer would."""
    nlri = b"\xc0" + struct.pack("!II", 0, color) + ipaddress.ip_address(B).packed
    tunnel = struct.pack("!HH", 15, len(sub_tlvs)) + sub_tlvs
    attrs = attributes.basic() + attributes.encode_mp_reach(
        Family.IPV6_SRPOLICY, ipaddress.IPv6Address(A), nlri
    )
    attrs += attributes.encode(0xC0, 23, tunnel)
    client.add_path(Announcement(Family.IPV6_SRPOLICY, nlri, attrs))


def test_malformed_received_path_is_data(pair: tuple[Speaker, Speaker]) -> None:
    left, right = pair
    for speaker in pair:
        speaker.drive().set_desired(desired(speaker))
    until(left.driver, "established", lambda: established(left.driver))
    with contextlib.closing(GobgpClient(left.socket)) as client:
        raw_path(client, 66, b"")  # no candidate path in it at all
    until(right.driver, "the bad path", lambda: len(right.driver.rib()) == 1)
    left.driver.set_desired(desired(left, route("10.244.1.0/24")))
    until(right.driver, "the good path", lambda: len(right.driver.rib()) == 2)
    routes, _ = unicast.decode_all(right.driver.rib())
    assert [str(r.prefix) for r in routes] == ["10.244.1.0/24"]


# what GoBGP's own decoder found in a path, in the notation of testbed.bgp.schema
STRUCTURED = {
    **schema.TABLE,
    "Path": "nlri 1 Nlri, attributes 2 Attribute*",
    "Nlri": "sr_policy 17 SrPolicyNlri",
    "SrPolicyNlri": "length 1 uint32, distinguisher 2 uint32, color 3 uint32, endpoint 4 bytes",
    "Attribute": "tunnel_encap 18 Tunnels",
    "Tunnels": "tlvs 1 Tunnel*",
    "Tunnel": "type 1 uint32, tlvs 2 SubTlv*",
    "SubTlv": "unknown 1 Unknown, preference 7 Preference, priority 8 Priority, list 12 List",
    "Unknown": "type 1 uint32, value 2 bytes",
    "Preference": "flags 1 uint32, preference 2 uint32",
    "Priority": "priority 1 uint32",
    "List": "weight 1 Weight, segments 2 Segment*",
    "Weight": "flags 1 uint32, weight 2 uint32",
    "Segment": "b 2 TypeB",
    "TypeB": "sid 2 bytes, structure 3 Structure",
    "Structure": "behavior 1 uint32",
}


def test_gobgp_itself_reads_our_policy(
    pair: tuple[Speaker, Speaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """GoBGP's own decoder sees the key, preference, priority and segments that we encoded."""
    left, _ = pair
    left.drive().set_desired(desired(left, POLICY))
    until(left.driver, "announced", lambda: left.driver.status().announced)
    structured = schema.build(STRUCTURED)
    monkeypatch.setattr(schema, "messages", lambda: structured)
    with contextlib.closing(GobgpClient(left.socket)) as client:
        request = structured["ListPathRequest"](
            table_type=schema.TABLE_GLOBAL, family=structured["Family"](afi=2, safi=73)
        )
        (reply,) = client._stream_replies("ListPath", request, PATIENCE)
    (path,) = reply.destination.paths
    nlri = path.nlri.sr_policy
    assert (nlri.color, nlri.endpoint) == (6, ipaddress.ip_address(B).packed)
    (tunnel,) = [a.tunnel_encap.tlvs[0] for a in path.attributes if a.tunnel_encap.tlvs]
    assert tunnel.type == tlv.SR_POLICY_TUNNEL
    assert [t.preference.preference for t in tunnel.tlvs if t.HasField("preference")] == [100]
    assert [t.priority.priority for t in tunnel.tlvs if t.HasField("priority")] == [100]
    assert [t.unknown.type for t in tunnel.tlvs if t.HasField("unknown")] == [20]
    (listed,) = [t.list for t in tunnel.tlvs if t.HasField("list")]
    assert listed.weight.weight == 1
    sids = [str(ipaddress.ip_address(segment.b.sid)) for segment in listed.segments]
    assert sids == ["fcbb:bb00:6::", "fcbb:bb00:8::d4"]
    assert listed.segments[-1].b.structure.behavior == Behavior.END_DT4


def test_injector_follows_its_directory(pair: tuple[Speaker, Speaker], tmp_path: Path) -> None:
    left, right = pair
    right.drive().set_desired(desired(right))
    policies = tmp_path / "injector" / "policies"
    policies.mkdir(parents=True)
    peers, status = tmp_path / "peers.json", policies.parent / "status.json"
    command = [sys.executable, "-m", "testbed.bgp.injector_main", "--socket", str(left.socket)]
    command += ["--policies", str(policies), "--peers", str(peers)]
    injector = subprocess.Popen(command)
    try:
        put(peers, injector_peers())
        put(policies / "one.json", [as_entry(POLICY)])
        until(right.driver, "injected", lambda: right.driver.rib())
        assert tunnel_of(right.driver.rib()[0].attrs) == tunnel_of(POLICY.attrs)

        (policies / "two.json").write_text('[{"nlri": "c0')  # half-written
        put(policies / "three.json", [as_entry(policy(9, 10, "fcbb:bb00:3::"))])
        until(right.driver, "the third file", lambda: len(right.driver.rib()) == 2)
        (policies / "one.json").unlink()
        until(right.driver, "withdrawn", lambda: len(right.driver.rib()) == 1)
        wait_for("word of the second file", lambda: said_of(status, "two.json"), PATIENCE)
        injector.send_signal(signal.SIGTERM)
        assert injector.wait(PATIENCE) == 0
    finally:
        injector.kill()
        injector.wait()


def said_of(status: Path, file: str) -> tuple[bool | None, str]:
    """Whether the injector's status names a file among its errors, as a probe."""
    text = status.read_text()
    return any(file in line for line in json.loads(text)["errors"]) or None, text


def injector_peers() -> object:
    peers = [{"address": B, "asn": ASN}]
    return {"asn": ASN, "router_id": "10.255.0.9", "local_address": A, "peers": peers}


def as_entry(announcement: Announcement) -> dict[str, str]:
    return {"nlri": announcement.nlri.hex(), "attrs": announcement.attrs.hex()}


def put(path: Path, content: object) -> None:
    """Write as every writer of the lab does: a rename into place."""
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(json.dumps(content))
    draft.rename(path)
