"""iperf3's commands and answers, and what is said where it is missing, hangs or crashes."""

from __future__ import annotations

import json
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest

from testbed.evaluate.cases import BY_ID
from testbed.evaluate.run import iperf3
from testbed.evaluate.run.iperf3 import NoTransfer, answer, bounded, read_tcp, read_udp

TCP = {
    "intervals": [
        {"sum": {"bytes": 100, "omitted": True}},
        {"sum": {"bytes": 1000, "omitted": False}},
    ],
    "end": {
        "sum_sent": {"bits_per_second": 8100.0, "retransmits": 7},
        "sum_received": {"bits_per_second": 8000.0},
    },
}
UDP = {
    "end": {
        "sum": {
            "bits_per_second": 2e6,
            "jitter_ms": 0.5,
            "lost_packets": 2,
            "packets": 200,
            "seconds": 1.0,
            "bytes": 250_000,
        },
    },
}
TARGET = ip_address("fd00::1")
STREAMS = BY_ID["pod-to-pod.tcp.ipv6.across.vxlan.4streams"]


def said(document: object, code: int = 0) -> str:
    return f"{json.dumps(document)}\n\nexit {code}\n"


def test_the_command_says_where_how_long_and_in_how_many_streams() -> None:
    words = iperf3.tcp_arguments(STREAMS, TARGET, 3, None)
    assert words[:3] == ["iperf3", "--client", "fd00::1"]
    assert words[words.index("--time") + 1] == "3"
    assert words[words.index("--parallel") + 1] == "4"
    assert "--set-mss" not in words


def test_equal_packets_are_made_by_the_size_of_segments() -> None:
    words = iperf3.tcp_arguments(STREAMS, TARGET, 3, 1284)
    assert words[words.index("--set-mss") + 1] == str(1284 - 40 - 20)


def test_a_rate_is_shared_by_streams() -> None:
    words = iperf3.udp_arguments(STREAMS, TARGET, 1e9, 1236)
    assert words[words.index("--bitrate") + 1] == "250000000"
    assert words[words.index("--length") + 1] == "1236"
    assert "--udp" in words
    unlimited = iperf3.udp_arguments(STREAMS, TARGET, 0, 64)
    assert unlimited[unlimited.index("--bitrate") + 1] == "0"


def test_what_the_receiver_got_counts_and_the_wire_saw_the_omitted_seconds_too() -> None:
    transfer = read_tcp(answer(said(TCP)))
    assert (transfer.values.throughput_bps, transfer.values.retransmits) == (8000, 7)
    assert transfer.payload == transfer.values.payload_bytes == 1100


def test_datagrams() -> None:
    found = read_udp(answer(said(UDP)))
    assert (found.rate, found.loss, found.jitter_s) == (2e6, 0.01, 5e-4)
    assert (found.packets_per_s, found.payload) == (200, 250_000)


def test_more_lost_than_sent_is_all() -> None:
    """Counters of a receiver whose numbers were out of order."""
    total = UDP["end"]["sum"] | {"lost_packets": 300}
    assert read_udp({"end": {"sum": total}}).loss == 1
    assert read_udp({"end": {"sum": total | {"packets": 0, "lost_packets": 0}}}).loss == 1


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        (said({"error": "no route"}, 1), "iperf3 has measured nothing", "no route"),
        ("\nexit 0", "iperf3 has given no result", "in: ''"),
        ("[1]\nexit 0\n", "iperf3 has given no result", "in: '[1]'"),
        ("x: not found\nexit 127\n", "iperf3 cannot be started", "x: not found"),
        ("\nexit 124\n", "iperf3 hangs", "its time was long over"),
        ("\nexit 143\n", "iperf3 hangs", "its time was long over"),  # busybox says so
        ("\nexit 137\n", "iperf3 hangs", "its time was long over"),
        ("\nexit 139\n", "iperf3 crashed", "signal 11"),
        ('{"start":', "iperf3 was cut off", "start"),
    ],
)
def test_what_is_no_result_is_named(text: str, what: str, why: str) -> None:
    with pytest.raises(NoTransfer) as failed:
        answer(text)
    assert failed.value.what == what
    assert why in (failed.value.why or "")


@pytest.mark.parametrize("read", [read_tcp, read_udp])
@pytest.mark.parametrize("document", [{}, {"intervals": [], "end": {}}, {"end": {"sum": None}}])
def test_an_answer_without_figures_is_none(read: object, document: object) -> None:
    assert callable(read)
    with pytest.raises(NoTransfer, match="no result"):
        read(document)


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("sleep 60", "iperf3 hangs"),
        ("trap '' TERM; sleep 60 & while :; do wait; done", "iperf3 hangs"),
        ("kill -SEGV $$", "iperf3 crashed"),
    ],
)
def test_one_that_hangs_or_crashes_is_ended(tmp_path: Path, script: str, what: str) -> None:
    fake = tmp_path / "iperf3"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    done = subprocess.run(bounded([str(fake)], 0.5), capture_output=True, text=True, check=True)
    with pytest.raises(NoTransfer) as failed:
        answer(done.stdout)
    assert failed.value.what == what


def test_one_that_is_missing(tmp_path: Path) -> None:
    command = bounded([str(tmp_path / "iperf3")], 5)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with pytest.raises(NoTransfer, match="cannot be started"):
        answer(done.stdout)


class Server:
    """Refuses a number of clients, then serves."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.asked = refusals, 0

    def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self.refusals:
            return said({"error": "unable to connect to server: Connection refused"}, 1)
        return said(TCP)


def test_a_server_may_take_a_moment() -> None:
    server = Server(iperf3.ATTEMPTS - 1)
    assert iperf3.until_ready(server) == TCP
    assert server.asked == iperf3.ATTEMPTS


def test_one_that_is_never_ready_is_named() -> None:
    with pytest.raises(NoTransfer, match="measured nothing"):
        iperf3.until_ready(Server(99))


def test_another_error_is_not_waited_out() -> None:
    asked = []
    with pytest.raises(NoTransfer):
        iperf3.until_ready(lambda: asked.append(1) or said({"error": "no route"}, 1))  # type: ignore[func-returns-value]
    assert len(asked) == 1
