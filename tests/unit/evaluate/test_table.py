"""The rows of a result."""

from __future__ import annotations

from testbed.evaluate.cases import BY_ID
from testbed.evaluate.sample import Values
from testbed.evaluate.table import cells, references, rows
from tests.unit.evaluate.samples import sample, series

SRV6, VXLAN, NONE, LONGER = (
    f"pod-to-pod.tcp.ipv4.across.{overlay}.1stream"
    for overlay in ("srv6.1seg", "vxlan", "none", "srv6.3seg")
)


def test_a_case_is_compared_with_what_was_measured_too() -> None:
    samples = [*series(SRV6, [9.0e9, 9.1e9, 9.2e9]), *series(VXLAN, [9.0e9, 9.1e9, 9.21e9])]
    first, second = rows(samples, [SRV6, VXLAN])
    assert (first["samples"], first["marked"]) == (3, 0)
    assert first["comparisons"].keys() == {VXLAN}
    assert first["comparisons"][VXLAN].startswith("comparable")
    assert second["comparisons"] == {}
    assert cells(first)[2].startswith("9.10 ± ")
    assert cells(first)[5].startswith("to vxlan: comparable")


def test_a_control_is_compared_with_what_it_repeats() -> None:
    control = f"{SRV6}.again"
    samples = [*series(SRV6, [9.0e9, 9.1e9, 9.2e9]), *series(control, [9.0e9, 9.1e9, 9.21e9])]
    _, row = rows(samples, [SRV6, control])
    assert row["comparisons"].keys() == {SRV6}
    assert cells(row)[5].startswith("to itself: comparable")


def test_what_a_sample_cost_stands_in_the_row() -> None:
    values = Values(
        throughput_bps=9e9,
        rtt_idle_s=1e-4,
        rtt_load_s=2.5e-3,
        payload_bytes=2 * 10**9,
        wire_packets=60_000,
        cpu_s_per_gb={"worker1": 0.5, "worker2": 0.75},
    )
    taken = [s.model_copy(update={"values": values}) for s in series(SRV6, [9e9, 9e9])]
    (row,) = rows(taken, [SRV6])
    assert (row["cpu_s_per_gb"], row["packets_per_gb"], row["loss"]) == (1.25, 30_000, None)
    assert cells(row)[3:5] == ["0.10 / 2.50", "1.25"]


def test_warm_ups_do_not_count_and_marked_samples_are_said() -> None:
    taken = [sample(SRV6, 0, 1e9), sample(SRV6, 1, 9e9, marks=("steal",)), sample(SRV6, 2, 9e9)]
    (row,) = rows(taken, [SRV6])
    assert (row["samples"], row["marked"], row["mean_bps"]) == (2, 1, 9e9)
    assert cells(row)[1] == "2 (1 marked)"


def test_a_case_without_samples_has_no_figures() -> None:
    (row,) = rows([], [SRV6])
    assert (row["samples"], row["mean_bps"], row["low_bps"]) == (0, None, None)
    assert cells(row)[1:] == ["0", "", "", "", ""]


def test_references_are_other_overlays_fewer_segments_and_none() -> None:
    found = [case.id for case in references(BY_ID[LONGER])]
    assert {SRV6, VXLAN, NONE} <= set(found)
    assert LONGER not in found
    assert references(BY_ID[NONE]) == []
    service = references(BY_ID[SRV6.replace("pod-to-pod", "pod-to-service")])
    assert NONE in {case.id for case in service}
