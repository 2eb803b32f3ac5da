"""What ping prints."""

from __future__ import annotations

import pytest

from testbed.errors import CheckFailed
from testbed.evaluate.figures.round_trips import parse, percentile

TEXT = """\
PING fd00::1(fd00::1) 56 data bytes
64 bytes from fd00::1: icmp_seq=1 ttl=62 time=9.00 ms
64 bytes from fd00::1: icmp_seq=2 ttl=62 time=0.200 ms
64 bytes from fd00::1: icmp_seq=4 ttl=62 time=0.100 ms
64 bytes from fd00::1: icmp_seq=5 ttl=62 time=0.400 ms

--- fd00::1 ping statistics ---
5 packets transmitted, 4 received, 20% packet loss, time 40ms
rtt min/avg/max/mdev = 0.100/2.425/9.000/3.7 ms
"""


def test_a_series() -> None:
    found = parse(TEXT)
    assert (found.sent, round(found.lost, 3)) == (5, 0.2)
    assert (found.min_s, found.p50_s, found.max_s) == (1e-4, 2e-4, 9e-3)


def test_the_first_requests_can_be_left_out() -> None:
    found = parse(TEXT, skip=1)
    assert (found.sent, found.lost, found.max_s) == (4, 0.25, 4e-4)


def test_a_reply_that_came_twice_counts_once() -> None:
    twice = TEXT.replace("icmp_seq=5", "icmp_seq=4")
    assert parse(twice).lost == 0.4


@pytest.mark.parametrize("text", ["", "ping: connect: Network is unreachable", TEXT[:40]])
def test_no_reply_is_no_figure(text: str) -> None:
    with pytest.raises(CheckFailed, match="measured nothing"):
        parse(text)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert [percentile([1, 2, 3, 4], p) for p in (0, 25, 50, 75, 99, 100)] == [1, 1, 2, 3, 4, 4]
    assert percentile([7], 99) == 7
