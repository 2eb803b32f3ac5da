"""Figures as they stand in docs/bench.md."""

from __future__ import annotations

from testbed.bench.figures import Figure, breakdown


def test_a_row_has_median_p95_and_spread() -> None:
    figure = Figure("down", (0.3, 0.1, 0.2), "s", "≤ 2")
    assert figure.row() == "| down | 0.2 s | 0.3 | 0.1 – 0.3 | 3 | ≤ 2 |"


def test_a_breakdown_adds_medians_up() -> None:
    """A step that some runs did not have counts with the runs that had it."""
    runs = [{"links": 1.0, "IS-IS": 3.0}, {"links": 1.2, "IS-IS": 3.0, "take down": 1.0}]
    assert breakdown(runs)[2:] == [
        "| links | 1.10 s | 22 % |",
        "| IS-IS | 3.00 s | 59 % |",
        "| take down | 1.00 s | 20 % |",
        "| sum | 5.10 s | |",
    ]
