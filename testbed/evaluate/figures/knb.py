"""The five cases of knb, the tool of the paper's measurement, and the document it writes. Pure.

knb is a part of InfraBuilder's k8s-bench-suite, here of version 1.5.0. Its plots and archives read
these key paths, which are filled from iperf3's JSON and /proc/stat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any  # Any: iperf3's document, and knb's

from testbed.evaluate.cases import Protocol, Traffic
from testbed.evaluate.figures.counters import Cpu, Machine
from testbed.json_types import JsonObject

VERSION = "1.5.0"
GENERATOR = "knb"
SECONDS = 10
MEGA = 1e6
MIB = 1 << 20
# Key path → traffic and protocol, in knb's order, after idle.
TRANSFERS: Mapping[tuple[str, Protocol], Traffic] = {
    ("pod2pod", "tcp"): "pod-to-pod",
    ("pod2pod", "udp"): "pod-to-pod",
    ("pod2svc", "tcp"): "pod-to-service",
    ("pod2svc", "udp"): "pod-to-service",
}


def arguments(protocol: Protocol, target: str) -> list[str]:
    """knb's own words, and --json, which changes what is printed only."""
    unlimited = ["-u", "-b", "0"] if protocol == "udp" else []
    return ["iperf3", *unlimited, "-c", target, "-O", "1", "-f", "m", "-t", str(SECONDS), "--json"]


@dataclass(frozen=True)
class Usage:
    """Of one node: processors in percent of all, memory in MiB."""

    cpu: Cpu
    ram: int

    @classmethod
    def between(cls, before: Machine, after: Machine) -> Usage:
        """Two readings."""
        return cls(after.cpu.since(before.cpu), after.memory_bytes // MIB)

    def document(self) -> JsonObject:
        """As knb has it."""
        names = ("user", "nice", "system", "iowait", "steal")
        parts = {n: round(100 * self.cpu.share(getattr(self.cpu, n)), 2) for n in names}
        # sar counts interrupts, softirqs too, apart, and knb's total has what is not idle
        used = self.cpu.share(self.cpu.total - self.cpu.idle)
        return {"cpu": {"total": round(100 * used, 2), **parts}, "ram": self.ram}


@dataclass(frozen=True)
class Result:
    """One case: Mbit/s at the receiver, and both nodes meanwhile."""

    bandwidth: float
    client: Usage
    server: Usage

    def document(self) -> JsonObject:
        """As knb has it."""
        ends = {"client": self.client.document(), "server": self.server.document()}
        return {"bandwidth": round(self.bandwidth), **ends}


def bandwidth(said: Mapping[str, Any]) -> float:
    """Mbit/s at the receiver, of iperf3's JSON. Raises KeyError."""
    end = said["end"]
    return float(end.get("sum_received", end.get("sum"))["bits_per_second"]) / MEGA


def document(
    metadata: Mapping[str, str],
    data: Mapping[str, str | int],
    idle: Result,
    transfers: Mapping[tuple[str, Protocol], Result],
) -> JsonObject:
    """The whole file. `metadata` and `data` are what stands beside the results."""
    found: dict[str, Any] = {**data, "idle": idle.document()}
    for (group, protocol), result in transfers.items():
        found.setdefault(group, {})[protocol] = result.document()
    head = {"generator": GENERATOR, "version": VERSION, "socket-buffer-size": "auto"}
    return {"metadata": {**head, **metadata}, "data": found}
