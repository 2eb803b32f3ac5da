"""Two runs side by side: what counts as a difference, and what does not."""

from __future__ import annotations

from typing import Any

from testbed.scenario.parity import compare


def result(name: str, *checks: tuple[str, bool, str], verdict: str = "pass") -> dict[str, Any]:
    said = [{"sentence": s, "passed": p, "expected": "", "seen": seen} for s, p, seen in checks]
    return {"scenario": name, "verdict": verdict, "checks": said}


PATH = ("IPv4 a → b is best effort", True, "all 8 probes: outer destination fcdd::1, no SRH")


def test_counts_may_differ_paths_may_not() -> None:
    one = result("te", PATH, ("packets lost of 1200 equals 0", True, "0"))
    other = result("te", PATH, ("packets lost of 87 equals 0", True, "0"))
    [row] = compare([one], [other])
    assert row.equal and row.checks == 2
    elsewhere = (PATH[0], True, "all 8 probes: outer destination fcdd::2, no SRH")
    [row] = compare([one], [result("te", elsewhere, *[("packets lost of 1 equals 0", True, "0")])])
    assert not row.equal
    assert "fcdd::1" in row.differences[0] and "fcdd::2" in row.differences[0]


def test_verdicts_and_missing_checks_are_differences() -> None:
    [row] = compare([result("x", PATH)], [result("x", verdict="fail")])
    assert row.differences == ("pass and fail", "1 checks of one run only")


def test_a_scenario_of_one_run_only() -> None:
    rows = compare([result("x", PATH)], [result("y", PATH)])
    assert [(r.scenario, r.verdicts) for r in rows] == [
        ("x", ("pass", "is not there")),
        ("y", ("is not there", "pass")),
    ]
    assert not any(row.equal for row in rows)
