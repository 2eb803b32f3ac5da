"""Whether the wire carried what was measured."""

from __future__ import annotations

import pytest

from testbed.evaluate.cases import BY_ID
from testbed.evaluate.run.wire import Counters, disagreement

CASE = BY_ID["pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream"]
PAYLOAD, PACKETS = 10**9, 20_000
HEADERS = 20 + 32 + 40 + 14  # IPv4, TCP with timestamps, the outer header, Ethernet


@pytest.mark.parametrize(
    ("share", "mark"), [(1.0, ""), (1.015, ""), (1.03, "too many"), (0.97, "too few")]
)
def test_bytes_within_two_percent_are_the_payloads(share: float, mark: str) -> None:
    seen = Counters(PACKETS, int((PAYLOAD + PACKETS * HEADERS) * share))
    said = disagreement(CASE, 1284, PAYLOAD, seen)
    assert said.startswith(mark)
    assert bool(said) == bool(mark)


def test_what_was_sent_meanwhile() -> None:
    assert Counters(5, 700).since(Counters(2, 100)) == Counters(3, 600)
