"""Before the first sample: a few equal transfers say whether this machine can measure at all."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.figures import usage
from testbed.evaluate.figures.stability import RUNS, Stability, judge
from testbed.evaluate.run import iperf3, veth
from testbed.evaluate.run.meter import Meter
from testbed.plan.model import Plan
from testbed.providers.registry import handle

FILE = "stability.jsonl"  # a line per start of the run
LIMIT = 20.0
_TRANSFER: Case = BY_ID["pod-to-pod.tcp.ipv4.same-node.veth.1stream"]


def examine(plan: Plan, meter: Meter, node: str) -> Stability:
    """Transfers of a second each over a veth pair on a node. Raises TestbedError."""
    started = datetime.now(timezone.utc)
    rates = []
    with ExitStack() as undo:
        veth.make(handle(node), plan.uplink(node).mtu, undo)
        before = meter.read([node])
        for _ in range(RUNS):
            rate = _transfer(plan, node)
            rates += [] if rate is None else [rate]
        found = usage.disturbance(before, meter.read([node]))
    return judge(started, rates, found)


def _transfer(plan: Plan, node: str) -> float | None:
    """Bit/s, or None if it failed."""
    command = iperf3.tcp_arguments(_TRANSFER, veth.ADDRESSES[4], 1, None)
    limit = LIMIT * plan.slowness
    try:
        said = veth.execute(handle(node), iperf3.bounded(command, limit))
        return iperf3.read_tcp(iperf3.answer(said)).values.throughput_bps
    except TestbedError:
        return None


def keep(directory: Path, found: Stability) -> None:
    """Beside the samples. Raises TestbedError."""
    store.append(directory / FILE, found)
