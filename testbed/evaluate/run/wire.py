"""Packets and bytes on the link by which the payload leaves its node."""

from __future__ import annotations

import json
from dataclasses import dataclass

from testbed.evaluate.cases import Case
from testbed.evaluate.overhead import compare, expected_bytes, packet_of
from testbed.lab.access.locate import run_in
from testbed.plan.model import Plan


@dataclass(frozen=True)
class Counters:
    """What an interface has sent."""

    packets: int
    bytes: int

    def since(self, before: Counters) -> Counters:
        """What was sent meanwhile."""
        return Counters(self.packets - before.packets, self.bytes - before.bytes)


def sent(plan: Plan, node: str) -> Counters:
    """By a cluster node, towards its router. Raises TestbedError."""
    interface = plan.uplink(node).end(node).interface
    said = run_in(plan, node, ["ip", "-j", "-s", "link", "show", "dev", interface]).stdout
    figures = json.loads(said)[0]["stats64"]["tx"]
    return Counters(int(figures["packets"]), int(figures["bytes"]))


def disagreement(case: Case, mtu: int, payload: int, counted: Counters) -> str:
    """The mark of a sample whose bytes on the wire are not those of its payload; or nothing."""
    packet = packet_of(case, mtu, ethernet=True)
    expected = expected_bytes(payload, packet, counted.packets)
    found = compare(counted.bytes, expected)
    if found == "agree":
        return ""
    share = counted.bytes / expected
    return f"{found} bytes on the wire: {share:.3f} of what payload and headers come to"
