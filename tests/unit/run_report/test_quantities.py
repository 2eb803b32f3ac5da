"""Whatever a sample holds is found by its name, with a unit for people."""

from __future__ import annotations

import pytest

from testbed.run_report.measurements import number
from testbed.run_report.quantities import describe, flat, values_of
from tests.unit.evaluate.samples import sample


@pytest.mark.parametrize(
    ("key", "heading", "factor"),
    [
        ("throughput_bps", "goodput (Gbit/s)", 1e-9),
        ("cpu_s_per_gb", "processor time per payload (s/GB)", 1),
        ("cpu_s_per_gb.worker1", "processor time per payload, worker1 (s/GB)", 1),
        ("rtt_load.p99_s", "round-trip time beside the transfer, p99 (ms)", 1e3),
        ("rtt_idle.lost", "round-trip time, idle, lost (%)", 100),
        ("memory_bytes.r_s", "memory, r (ms)", 1e3),
        ("packets_per_gb", "packets on the wire per payload (1,000/GB)", 1e-3),
        ("loss", "loss (%)", 100),
        ("jitter_s", "jitter (ms)", 1e3),
        ("something_new", "something new", 1),
        ("queue_delay_s", "queue delay (ms)", 1e3),
    ],
)
def test_names_say_the_unit(key: str, heading: str, factor: float) -> None:
    quantity = describe(key)
    assert (quantity.heading, quantity.factor) == (heading, factor)


def test_values_per_node_are_there_and_their_sum() -> None:
    one = sample()
    values = one.values.model_copy(
        update={
            "cpu_s_per_gb": {"a": 0.5, "b": 0.25},
            "wire_packets": 3000,
            "payload_bytes": 1_000_000,
        }
    )
    found = values_of(one.model_copy(update={"values": values}))
    assert found["cpu_s_per_gb"] == 0.75
    assert found["cpu_s_per_gb.b"] == 0.25
    assert found["packets_per_gb"] == 3_000_000
    assert "loss" not in found  # it was not measured
    assert found["throughput_bps"] == 10e9


def test_leaves_have_their_paths() -> None:
    assert dict(flat({"a": {"b": 1, "c": None}, "d": ["x", "y"], "e": {}})) == {
        "a.b": 1,
        "a.c": None,
        "d": "x; y",
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0.000"),
        (9.1234, "9.123"),
        (12.345, "12.35"),
        (123.45, "123.5"),
        (12345.6, "12,346"),
        (0.01234, "0.0123"),
        (0.00001234, "1.23e-05"),
        (2.5e7, "2.5e+07"),
    ],
)
def test_numbers_have_the_digits_that_count(value: float, words: str) -> None:
    assert number(value) == words
