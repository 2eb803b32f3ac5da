"""Runs knb's five cases, once each and in its order, between pods of the lab's own pools."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.figures import knb
from testbed.evaluate.figures.counters import Reading
from testbed.evaluate.run import iperf3
from testbed.evaluate.run.ends import Builder, Ends
from testbed.evaluate.run.measure import GRACE
from testbed.evaluate.run.meter import HOST, Meter
from testbed.host.files import write_json
from testbed.host.machine import cpu_model
from testbed.host.progress import Progress
from testbed.json_types import JsonObject
from testbed.plan.model import Plan
from testbed.providers.registry import handle
from testbed.scenario import Testbed
from testbed.scenario.api.check import Check
from testbed.scenario.api.context import Context

FILE, RAW = "knb.json", "raw"
_TIMES = 3  # as long as it should take


def measure(plan: Plan, name: str, directory: Path, progress: Progress) -> JsonObject:
    """knb's document; it is in `directory` too, beside what iperf3 said. Raises TestbedError."""
    context = Context(plan, Check(), directory)
    with context.restored():
        testbed = Testbed(context)
        family = "ipv4" if 4 in testbed.kube.families() else "ipv6"
        case = BY_ID[f"pod-to-pod.tcp.{family}.across.srv6.1seg.1stream"]
        with progress.step("two pods and a Service"):
            ends = Builder(testbed).ends(case)
        bench = Bench(plan, Meter(plan), ends, directory / RAW)
        with progress.step("idle"):
            idle = bench.idle()
        transfers = {}
        for (group, protocol), traffic in knb.TRANSFERS.items():
            wanted = replace(case, protocol=protocol, traffic=traffic)
            with progress.step(f"{group} {protocol}"):
                transfers[group, protocol] = bench.transfer(wanted, f"{group}-{protocol}")
        found = knb.document(
            {
                "name": name,
                "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
                "server-node": ends.nodes[1],
                "client-node": ends.nodes[0],
            },
            {
                "cpu": cpu_model(),
                "kernel": handle(ends.nodes[0]).kernel(),
                "k8s-version": testbed.kube.version(),
                "mtu": ends.mtu,
            },
            idle,
            transfers,
        )
    write_json(directory / FILE, found)
    return found


@dataclass(frozen=True)
class Bench:
    """What the five cases share. `raw`: the directory for what iperf3 said."""

    plan: Plan
    meter: Meter
    ends: Ends
    raw: Path

    def idle(self) -> knb.Result:
        """Both nodes while nothing is transferred."""
        before = self.meter.read(self.ends.nodes)
        limit = knb.SECONDS * _TIMES * self.plan.slowness
        self.ends.execute(["sleep", str(knb.SECONDS)], limit)
        return self._result(0.0, before)

    def transfer(self, case: Case, name: str) -> knb.Result:
        """One transfer. Raises NoTransfer."""
        limit = (knb.SECONDS + iperf3.OMITTED + GRACE) * self.plan.slowness
        command = iperf3.bounded(knb.arguments(case.protocol, str(self.ends.target(case))), limit)
        before = self.meter.read(self.ends.nodes)
        said = iperf3.until_ready(lambda: self.ends.execute(command, limit + GRACE))
        result = self._result(knb.bandwidth(said), before)
        self.raw.mkdir(exist_ok=True)
        write_json(self.raw / f"{name}.json", said)
        return result

    def _result(self, bandwidth: float, before: Reading) -> knb.Result:
        after = self.meter.read(self.ends.nodes)
        client, server = (
            knb.Usage.between(*(r.machines.get(n, r.machines[HOST]) for r in (before, after)))
            for n in self.ends.nodes
        )
        return knb.Result(bandwidth, client, server)
