"""iperf3 as scenarios run it: its commands, and what it says."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from testbed.scenario.clients.throughput import (
    client,
    is_complete,
    is_not_ready,
    received_mbit,
    server,
)


def test_a_server_for_one_transfer_and_a_client_that_leaves_out_the_start() -> None:
    assert server(5301, 3)[:3] == ["timeout", "63", "iperf3"]
    assert server(5301, 3)[3:] == ["--server", "--one-off", "-p", "5301"]
    words = client(ip_address("172.16.0.1"), 5301, 3)
    assert words[:5] == ["timeout", "63", "iperf3", "--client", "172.16.0.1"]
    assert words[-2:] == ["--time", "3"]
    assert "--json" in words


def test_what_arrived_counts() -> None:
    end = {"sum_sent": {"bits_per_second": 2e7}, "sum_received": {"bits_per_second": 17_456_789.0}}
    assert received_mbit(json.dumps({"end": end})) == 17.46
    with pytest.raises(KeyError):
        received_mbit(json.dumps({"error": "interrupted"}))


def test_a_transfer_that_did_not_happen_is_none_whatever_the_exit_code() -> None:
    refused = {"end": {}, "error": "error - unable to connect to server: Connection refused"}
    assert not is_complete(json.dumps(refused)) and is_not_ready(json.dumps(refused))
    assert not is_complete("") and not is_complete('{"end": []}')
    assert is_complete(json.dumps({"end": {"sum_received": {"bits_per_second": 1.0}}}))


def test_a_server_that_does_not_listen_yet_is_asked_again() -> None:
    assert is_not_ready('{"error": "unable to connect to server: Connection refused"}')
    assert not is_not_ready("No such file or directory")
