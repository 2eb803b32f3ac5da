"""What an instrument makes of iperf3's and ping's answers between two ends that are pretended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import cast

import pytest

from testbed.errors import TestbedError
from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.defaults import QUICK
from testbed.evaluate.figures.counters import Cpu, Machine, Reading
from testbed.evaluate.figures.rate_search import BOUND
from testbed.evaluate.run import wire
from testbed.evaluate.run.ends import Ends
from testbed.evaluate.run.iperf3 import NoTransfer
from testbed.evaluate.run.measure import NO_RATE, SMALL, Instrument
from testbed.evaluate.run.meter import Meter
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full")
TCP = BY_ID["pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream"]
UDP = BY_ID["pod-to-pod.udp.ipv4.across.srv6.1seg.1stream"]
PAYLOAD, PACKETS = 10**9, 20_000
HEADERS = 20 + 32 + 40 + 14


class FakeMeter:
    """Each reading is a second later, in which worker1 used half a second."""

    def __init__(self) -> None:
        self.readings = 0

    def read(self, nodes: Iterable[str]) -> Reading:
        self.readings += 1
        n = float(self.readings)
        machine = Machine(Cpu(system=n, idle=n), 0, 0, n, n)
        names = list(nodes)
        cpu, memory = dict.fromkeys(names, n / 2), dict.fromkeys(names, 1000)
        return Reading({"": machine}, cpu, memory, n, 0)


@dataclass
class FakeIperf3:
    """A path that carries so many bit/s of UDP, and packets; errors come first."""

    limit: float = 1e9
    errors: list[str | TestbedError] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)

    def __call__(self, words: Sequence[str], _seconds: float) -> str:
        command = list(words[4:])
        self.commands.append(command)
        if self.errors:
            error = self.errors.pop(0)
            if isinstance(error, TestbedError):
                raise error
            return json.dumps({"error": error}) + "\nexit 1\n"
        document = self._udp(command) if "--udp" in command else _tcp()
        return json.dumps(document) + "\nexit 0\n"

    def _udp(self, command: list[str]) -> object:
        sent = min(float(command[command.index("--bitrate") + 1]) or 2e9, 2e9)
        packets = 100_000
        total = {
            "bits_per_second": sent,
            "jitter_ms": 0.1,
            "lost_packets": max(0, round(packets * (1 - self.limit / sent))),
            "packets": packets,
            "seconds": 1,
            "bytes": PAYLOAD,
        }
        return {"end": {"sum": total}}

    def lengths(self) -> set[int]:
        return {int(c[c.index("--length") + 1]) for c in self.commands}


def _tcp() -> object:
    end = {
        "sum_sent": {"bits_per_second": 8e9, "retransmits": 7},
        "sum_received": {"bits_per_second": 8e9},
    }
    return {"intervals": [{"sum": {"bytes": PAYLOAD}}], "end": end}


@pytest.fixture(autouse=True)
def _counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wire agrees with TCP's payload."""
    seen = iter(range(10_000))

    def sent(_plan: object, _node: str) -> wire.Counters:
        n = next(seen)
        return wire.Counters(n * PACKETS, n * (PAYLOAD + PACKETS * HEADERS))

    monkeypatch.setattr(wire, "sent", sent)


def ping(words: Sequence[str]) -> str:
    count = int(words[words.index("-c") + 1])
    replies = [f"64 bytes: icmp_seq={n} ttl=62 time=0.2 ms" for n in range(1, count + 1)]
    return "\n".join([*replies, f"{count} packets transmitted"])


def ends(iperf3: FakeIperf3, ping: Callable[[Sequence[str]], str] = ping, mtu: int = 1380) -> Ends:
    address = {4: ip_address("192.0.2.1")}
    return Ends(("worker1", "worker2"), address, address, None, mtu, iperf3, ping)


def instrument(equal_mtu: int = 1284) -> Instrument:
    return Instrument(PLAN, cast(Meter, FakeMeter()), QUICK, equal_mtu)


def test_a_tcp_sample_has_all_its_figures() -> None:
    taken = instrument().measure(TCP, ends(FakeIperf3()))
    values = taken.values
    assert (values.throughput_bps, values.retransmits, values.mtu) == (8e9, 7, 1380)
    assert (values.wire_packets, values.payload_bytes) == (PACKETS, PAYLOAD)
    assert values.cpu_s == values.cpu_s_per_gb == {"worker1": 0.5, "worker2": 0.5}
    assert values.memory_bytes == {"worker1": 1000, "worker2": 1000}
    assert (values.rtt_idle_s, values.rtt_load_s) == (2e-4, 2e-4)
    assert taken.marks == ()
    assert taken.disturbance.busy == 0.5


def test_round_trips_beside_a_transfer_are_those_of_its_seconds() -> None:
    values = instrument().measure(TCP, ends(FakeIperf3())).values
    assert values.rtt_load is not None
    assert values.rtt_load.sent < 200 == 100 * (1 + QUICK.seconds)


def test_a_path_without_echo_is_measured_all_the_same() -> None:
    values = instrument().measure(TCP, ends(FakeIperf3(), ping=lambda _: "")).values
    assert values.throughput_bps == 8e9
    assert values.rtt_idle is None


def test_a_service_answers_no_ping() -> None:
    case = BY_ID[TCP.id.replace("pod-to-pod", "pod-to-service")]
    assert instrument().measure(case, ends(FakeIperf3())).values.rtt_idle is None


@pytest.mark.parametrize(
    ("case", "option", "value"),
    [(f"{TCP.id}.equal-mtu", "--set-mss", 1284 - 40), (f"{UDP.id}.equal-mtu", "--length", 1256)],
)
def test_equal_mtu_is_the_smallest_of_all(case: str, option: str, value: int) -> None:
    iperf3 = FakeIperf3()
    assert instrument().measure(BY_ID[case], ends(iperf3)).values.mtu == 1284
    (command, *_) = iperf3.commands
    assert command[command.index(option) + 1] == str(value)


@pytest.mark.parametrize("limit", [0.4e9, 1e9, 1.9e9, 3e9])
def test_udp_is_the_highest_rate_with_little_loss(limit: float) -> None:
    iperf3 = FakeIperf3(limit)
    taken = instrument().measure(UDP, ends(iperf3))
    values = taken.values
    assert values.throughput_bps is not None
    assert values.loss is not None
    assert values.loss <= BOUND
    assert 0.7 * min(limit, 2e9) <= values.throughput_bps <= min(limit, 2e9)
    assert values.jitter_s == 1e-4
    assert values.packets_per_s
    assert iperf3.lengths() == {1380 - 28, SMALL}
    assert len(iperf3.commands) <= 2 * QUICK.steps


def test_udp_that_is_always_lost_has_no_rate_and_says_so() -> None:
    taken = instrument().measure(UDP, ends(FakeIperf3(limit=0)))
    assert taken.values.throughput_bps is None
    assert taken.marks == (NO_RATE,)


def test_a_server_that_is_not_ready_is_asked_again() -> None:
    iperf3 = FakeIperf3(errors=["unable to connect to server: Connection refused"])
    assert instrument().measure(TCP, ends(iperf3)).values.throughput_bps == 8e9
    assert len(iperf3.commands) == 2


@pytest.mark.parametrize("case", [TCP, UDP])
def test_a_pod_that_is_gone_is_no_transfer(case: Case) -> None:
    iperf3 = FakeIperf3(errors=[TestbedError("kubectl exec failed", why="pods not found")])
    with pytest.raises(NoTransfer) as failed:
        instrument().measure(case, ends(iperf3))
    assert "pods not found" in (failed.value.why or "")


def test_bytes_that_the_wire_did_not_carry_mark_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "sent", lambda *_: wire.Counters(0, 0))
    (mark,) = instrument().measure(TCP, ends(FakeIperf3())).marks
    assert mark.startswith("too few bytes on the wire")
