"""Round-trip times as `ping` prints them, and their percentiles. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from testbed.errors import CheckFailed
from testbed.evaluate.sample import RoundTrips

INTERVAL = 0.01  # seconds between two requests
_REPLY = re.compile(r"icmp_seq=(\d+) .*?time=([\d.]+) ms")
_SENT = re.compile(r"(\d+) packets transmitted")


def arguments(target: str, count: int) -> list[str]:
    """The command; its last reply is waited for a second."""
    return ["ping", "-n", "-i", str(INTERVAL), "-c", str(count), "-W", "1", target]


def parse(text: str, skip: int = 0) -> RoundTrips:
    """What ping printed, its first `skip` requests left out. Raises CheckFailed without replies."""
    sent = _SENT.search(text)
    by_number = {int(n): float(ms) / 1000 for n, ms in _REPLY.findall(text) if int(n) > skip}
    count = int(sent[1]) - skip if sent else 0
    if not by_number or count < 1:
        raise CheckFailed("ping has measured nothing", why=text.strip()[-200:] or "it said nothing")
    times = sorted(by_number.values())
    return RoundTrips(
        sent=count,
        lost=max(0.0, 1 - len(times) / count),
        min_s=times[0],
        p50_s=percentile(times, 50),
        p90_s=percentile(times, 90),
        p99_s=percentile(times, 99),
        max_s=times[-1],
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that is not below so many percent of them (nearest rank)."""
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
