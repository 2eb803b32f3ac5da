"""What is measured between two ends once their path is proved: transfers, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any  # Any: values of a sample by field name; Sample checks them

from testbed.errors import CheckFailed
from testbed.evaluate.cases import Case
from testbed.evaluate.defaults import Extent
from testbed.evaluate.figures import round_trips, usage
from testbed.evaluate.figures.counters import Reading
from testbed.evaluate.figures.rate_search import RateSearch, Run
from testbed.evaluate.run import iperf3, wire
from testbed.evaluate.run.ends import Ends
from testbed.evaluate.run.meter import Meter
from testbed.evaluate.sample import Disturbance, RoundTrips, Values
from testbed.plan.model import Plan

GRACE = 20.0  # seconds that a transfer may take beyond its own
SMALL = 64  # bytes of a small datagram
IDLE_REQUESTS = 50
MOST_REQUESTS = 3000
NO_RATE = "no rate was found at which UDP loses little"
STARTING = 0.5  # seconds until a transfer is under way


@dataclass(frozen=True)
class Taken:
    """What was measured, and what disturbed it."""

    values: Values
    disturbance: Disturbance
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """What happened between two readings: counted at the sender's link, and by the machines."""

    counted: wire.Counters
    before: Reading
    after: Reading

    def values(self, payload: int) -> dict[str, Any]:
        """As fields of Values."""
        seconds = usage.cpu_seconds(self.before, self.after)
        return {
            "payload_bytes": payload,
            "wire_packets": self.counted.packets,
            "wire_bytes": self.counted.bytes,
            "cpu_s": seconds,
            "cpu_s_per_gb": usage.per_gigabyte(seconds, payload),
            "softirq_s": usage.softirq_seconds(self.before, self.after),
            "memory_bytes": self.after.memory_bytes,
        }


class Instrument:
    """Measures one case after the other; `equal_mtu` is the largest packet of equal MTU."""

    def __init__(self, plan: Plan, meter: Meter, extent: Extent, equal_mtu: int) -> None:
        self._plan, self._meter, self._equal_mtu = plan, meter, equal_mtu
        self._seconds, self._steps = extent.seconds, extent.steps

    def measure(self, case: Case, ends: Ends) -> Taken:
        """Raises NoTransfer, or TestbedError of a lab that does not answer."""
        idle = self._ping(case, ends, IDLE_REQUESTS, 0)
        by_protocol = {"tcp": self._measure_tcp, "udp": self._measure_udp}
        taken = by_protocol[case.protocol](case, ends)
        more: dict[str, Any] = {"mtu": self.mtu(case, ends)}
        if idle is not None:
            more |= {"rtt_idle": idle, "rtt_idle_s": idle.p50_s}
        return Taken(taken.values.model_copy(update=more), taken.disturbance, taken.marks)

    def mtu(self, case: Case, ends: Ends) -> int:
        """Of the largest packet that the case sends."""
        return min(ends.mtu, self._equal_mtu) if case.mtu == "equal" else ends.mtu

    def _measure_tcp(self, case: Case, ends: Ends) -> Taken:
        largest = self.mtu(case, ends) if case.mtu == "equal" else None
        command = iperf3.tcp_arguments(case, ends.target(case), self._seconds, largest)
        took = iperf3.OMITTED + self._seconds
        requests = min(MOST_REQUESTS, round(took / round_trips.INTERVAL))
        skipped = round((iperf3.OMITTED + STARTING) / round_trips.INTERVAL)
        with ThreadPoolExecutor(1) as beside:
            before = self._read(ends)
            pinging = beside.submit(self._ping, case, ends, requests, skipped)
            transfer = iperf3.read_tcp(self._run(ends, command, took))
            window = self._close(ends, before)
            load = pinging.result()
        found: dict[str, Any] = window.values(transfer.payload)
        if load is not None:
            found |= {"rtt_load": load, "rtt_load_s": load.p50_s}
        values = transfer.values.model_copy(update=found)
        disturbed = usage.disturbance(window.before, window.after)
        return self._taken(case, ends, values, window.counted, disturbed)

    def _measure_udp(self, case: Case, ends: Ends) -> Taken:
        start = self._read(ends)[1]
        length = self.mtu(case, ends) - iperf3.IP_HEADER[case.family] - iperf3.UDP_HEADER
        large, small = (self._search(case, ends, size) for size in (length, SMALL))
        disturbed = usage.disturbance(start, self._read(ends)[1])
        if large is None:
            return Taken(Values(), disturbed, (*usage.marks(disturbed, "udp"), NO_RATE))
        sent, window = large
        values = Values(
            throughput_bps=sent.rate * (1 - sent.loss),
            loss=sent.loss,
            jitter_s=sent.jitter_s,
            packets_per_s=small and small[0].packets_per_s * (1 - small[0].loss),
        ).model_copy(update=window.values(sent.payload))
        return self._taken(case, ends, values, window.counted, disturbed)

    def _search(
        self, case: Case, ends: Ends, length: int
    ) -> tuple[iperf3.Datagrams, Window] | None:
        """The highest rate that arrives, and what happened in that run; None if there is none."""
        search, seen = RateSearch(self._steps), dict[int, tuple[iperf3.Datagrams, Window]]()
        while (rate := search.next_rate()) is not None:
            command = iperf3.udp_arguments(case, ends.target(case), rate, length)
            before = self._read(ends)
            found = iperf3.read_udp(self._run(ends, command, 1))
            run = Run(rate, found.rate, found.loss)
            search.learn(run)
            seen[id(run)] = found, self._close(ends, before)
        return seen[id(search.best)] if search.best else None

    def _taken(
        self,
        case: Case,
        ends: Ends,
        values: Values,
        counted: wire.Counters,
        disturbed: Disturbance,
    ) -> Taken:
        marks = usage.marks(disturbed, case.protocol)
        if case.placement == "across":
            mark = wire.disagreement(case, self.mtu(case, ends), values.payload_bytes or 0, counted)
            marks = (*marks, mark) if mark else marks
        return Taken(values, disturbed, marks)

    def _run(self, ends: Ends, command: Sequence[str], took: float) -> dict[str, Any]:
        """iperf3's answer. Raises NoTransfer."""
        limit = (took + GRACE) * self._plan.slowness
        words = iperf3.bounded(command, limit)
        return iperf3.until_ready(lambda: ends.execute(words, limit + GRACE))

    def _ping(self, case: Case, ends: Ends, requests: int, skip: int) -> RoundTrips | None:
        """None for a Service, whose address answers no ping, and where nothing was measured."""
        if case.traffic == "pod-to-service" or requests <= skip:
            return None
        command = round_trips.arguments(str(ends.target(case)), requests)
        with suppress(CheckFailed):
            return round_trips.parse(ends.ping(command), skip)
        return None

    def _read(self, ends: Ends) -> tuple[wire.Counters, Reading]:
        return wire.sent(self._plan, ends.nodes[0]), self._meter.read(ends.nodes)

    def _close(self, ends: Ends, before: tuple[wire.Counters, Reading]) -> Window:
        counted, after = self._read(ends)
        return Window(counted.since(before[0]), before[1], after)
