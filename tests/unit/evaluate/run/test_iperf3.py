"""iperf3's command and answer."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from testbed.errors import CheckFailed
from testbed.evaluate.cases import BY_ID
from testbed.evaluate.run.iperf3 import arguments, read

ANSWER = {
    "intervals": [
        {"sum": {"bytes": 100, "omitted": True}},
        {"sum": {"bytes": 1000, "omitted": False}},
    ],
    "end": {
        "sum_sent": {"bits_per_second": 8100.0, "retransmits": 7},
        "sum_received": {"bits_per_second": 8000.0},
    },
}


def test_the_command_says_where_how_long_and_in_how_many_streams() -> None:
    case = BY_ID["pod-to-pod.tcp.ipv6.across.vxlan.4streams"]
    words = arguments(case, ip_address("fd00::1"), 3)
    assert words[:3] == ["iperf3", "--client", "fd00::1"]
    assert words[words.index("--time") + 1] == "3"
    assert words[words.index("--parallel") + 1] == "4"


def test_what_the_receiver_got_counts_and_the_wire_saw_the_omitted_seconds_too() -> None:
    transfer = read(json.dumps(ANSWER))
    assert (transfer.values.throughput_bps, transfer.values.retransmits) == (8000, 7)
    assert transfer.payload == 1100


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"error": "unable to connect to server"}', "unable to connect to server"),
        ("", "in: ''"),
        ('{"intervals": [], "end": {}}', "sum_received"),
        ("[1]", "in: '[1]'"),
    ],
)
def test_what_is_no_result_is_none(text: str, why: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        read(text)
    assert why in (failed.value.why or "")
