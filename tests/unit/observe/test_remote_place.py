"""A place on another kernel does what a local one does, by the guest agent's answers."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from ipaddress import ip_address
from typing import Any

import pytest

from testbed.errors import CheckFailed
from testbed.observe import canary, local_capture, local_place, local_stream, probe
from testbed.observe.canary import blind
from testbed.observe.capture import Capture
from testbed.observe.local_place import LocalPlace
from testbed.observe.place import Place, group_by_kernel
from testbed.observe.remote import guest_exchange
from testbed.observe.remote.remote_place import RemotePlace
from testbed.observe.tag import Run
from testbed.prove.stream import Stream
from tests.blind_capture import blind_in
from tests.unit.observe.fake_guest import FakeGuest

HERE = ip_address("127.0.0.1")
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for packet sockets")


@pytest.fixture(autouse=True)
def no_setns(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (canary, local_capture, local_place, local_stream, probe):
        monkeypatch.setattr(module, "in_netns", lambda _: nullcontext())


@pytest.fixture
def guest() -> Iterator[Any]:
    guest = FakeGuest()
    yield guest
    guest_exchange._own.__dict__.clear()
    guest.close()


@pytest.fixture(params=["local", "remote"])
def place(request: pytest.FixtureRequest, guest: Any) -> Place:
    return LocalPlace("any") if request.param == "local" else RemotePlace(guest)


def _tags(frames: list[Any]) -> set[bytes]:
    return {frame.data[-16:] for frame in frames}


def test_places_of_one_kernel_are_captured_together(guest: Any) -> None:
    places: dict[str, Place] = {
        "r1": LocalPlace("r1"),
        "worker1": RemotePlace(guest),
        "r2": LocalPlace("r2"),
        "pod-a": RemotePlace(guest, "/proc/7/ns/net"),
        "worker2": RemotePlace(FakeGuest("worker2")),  # type: ignore[arg-type]
    }
    assert [set(namespaces) for _, namespaces in group_by_kernel(places)] == [
        {"r1", "r2"},
        {"worker1", "pod-a"},
        {"worker2"},
    ]


def test_probes(place: Place) -> None:
    run = Run()
    assert place.send_probes(HERE, run, 3) == ([run.tag(n) for n in range(3)], None)


@ROOT
def test_a_long_probe_is_not_fragmented(place: Place) -> None:
    run = Run()
    with Capture({"here": place}, only=run) as capture:
        place.send_probes(HERE, run, 1, 5000)
        frames = capture.read(lambda seen: bool(seen), 30)
    assert len(frames[0].data) == 14 + 20 + 8 + 5000
    assert frames[0].data[20] & 0x40  # IPv4's flag DF
    assert place.send_probes(HERE, run, 1, 65508) == ([], "Message too long")


def test_probes_that_are_refused(place: Place) -> None:
    tags, refusal = place.send_probes(ip_address("255.255.255.255"), Run(), 3)
    assert (tags, refusal) == ([], "Permission denied")


def test_an_exchange(place: Place) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((str(HERE), 0))
        other.settimeout(10)
        port = other.getsockname()[1]

        def answer() -> None:
            for _ in range(2):
                data, sender = other.recvfrom(100)
                other.sendto(data.upper(), sender)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        for data in (b"abc", b"x\x00\xff"):  # the second by the same program
            assert place.exchange(HERE, port, data, 5, "datagram") == data.upper()
        thread.join(5)


def test_an_exchange_with_nobody(place: Place) -> None:
    with socket.create_server((str(HERE), 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        place.exchange(HERE, port, b"?", 5, "all")


def test_an_exchange_after_the_program_was_lost(guest: Any) -> None:
    place = RemotePlace(guest)
    with pytest.raises(OSError, match="refused"):
        place.exchange(HERE, 1, b"?", 5, "all")
    guest.break_off()
    with pytest.raises(OSError, match="refused"):
        place.exchange(HERE, 1, b"?", 5, "all")
    assert len(guest.channels) == 2


@ROOT
def test_a_capture_sees_its_canaries_and_nothing_else(place: Place) -> None:
    run = Run()
    with Capture({"here": place}, only=run) as capture:
        assert blind(capture, run, timeout=30) == []
        place.send_probes(HERE, Run(), 2)  # another run's
        tags, _ = place.send_probes(HERE, run, 2)
        frames = capture.read(lambda seen: _tags(seen) >= set(tags), 30)
    assert _tags(frames) == set(tags)
    assert {(f.node, f.interface) for f in frames} == {("here", "lo")}


@ROOT
def test_a_capture_that_is_closed_is_blind(place: Place) -> None:
    run = Run()
    with blind_in("here")({"here": place}, only=run) as capture:
        assert blind(capture, run, timeout=0.2) == ["here"]


@ROOT
def test_a_capture_whose_program_ends_fails(guest: Any) -> None:
    with Capture({"here": RemotePlace(guest)}, only=Run()) as capture:
        guest.break_off()
        with pytest.raises(CheckFailed, match="capture in worker1 ended"):
            capture.read(bool, 0.1)


@ROOT
@pytest.mark.parametrize("ends", ["local", "remote", "mixed"])
def test_a_stream(ends: str, guest: Any) -> None:
    local, remote = LocalPlace("any"), RemotePlace(guest)
    places: dict[str, tuple[Place, Place]] = {
        "local": (local, local),
        "remote": (remote, remote),
        "mixed": (local, remote),
    }
    with Stream(*places[ends], HERE, rate=200) as stream:
        stream.flowing(50)
    assert stream.sent > 50
    assert stream.lost == 0
    assert stream.longest_gap < 30


def test_an_agent_that_is_asked_for_nothing_says_why() -> None:
    guest = FakeGuest()
    channel = guest.open(["agent", '{"kind": "PacketsSent", "count": 1}'])
    assert channel.process.wait(30) == 1
    assert channel.recv_stderr_ready() and b"PacketsSent is no request" in channel.recv_stderr(999)
    guest.close()
