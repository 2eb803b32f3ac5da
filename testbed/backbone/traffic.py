"""Measures what the links of a running lab carry, by the counters of routers' interfaces."""

from __future__ import annotations

import json
import time

from testbed.host.run import run
from testbed.plan.model import Plan, Port

WINDOW = 0.5  # seconds between two readings: long enough for a few packets of any stream

Counters = dict[Port, tuple[int, int]]  # bytes sent and received, since the interface is there


def traffic_now(plan: Plan) -> dict[Port, tuple[float, float]]:
    """Mbit/s from the first end of each link to its second, and back. Raises TestbedError."""
    before, begun = _counters(plan), time.monotonic()
    time.sleep(WINDOW)  # the interval that is measured
    after, seconds = _counters(plan), time.monotonic() - begun
    return rates(plan, before, after, seconds)


def rates(
    plan: Plan, before: Counters, after: Counters, seconds: float
) -> dict[Port, tuple[float, float]]:
    """From two readings; of an interface that was made between them there is none. Pure."""
    found = {}
    for link in plan.links:
        end = next((port for port in (link.a, link.b) if port in before and port in after), None)
        if end is None:
            continue
        sent, received = (
            max(0, now - then) * 8e-6 / seconds
            for then, now in zip(before[end], after[end], strict=True)
        )
        found[link.a] = (sent, received) if end == link.a else (received, sent)
    return found


def _counters(plan: Plan) -> Counters:
    found: Counters = {}
    for router in plan.routers:
        listed = json.loads(run(["ip", "-n", router.name, "-j", "-s", "link", "show"]).stdout)
        seen = {shown["ifname"]: shown["stats64"] for shown in listed if "stats64" in shown}
        for port in plan.ports_of(router.name):
            if port.interface in seen:
                stats = seen[port.interface]
                found[port] = stats["tx"]["bytes"], stats["rx"]["bytes"]
    return found
