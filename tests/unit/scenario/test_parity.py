"""Two runs side by side: what counts as a difference, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.scenario.run.parity import compare
from testbed.scenario.run.result import (
    CheckResult,
    ScenarioResult,
    Verdict,
    read_results,
    write_result,
)


def result(
    name: str,
    *checks: tuple[str, bool, str],
    verdict: Verdict = "pass",
    reason: str | None = None,
    declared: str | None = None,
) -> ScenarioResult:
    said = tuple(
        CheckResult(
            sentence=claim,
            claim=claim,
            passed=passed,
            expected="",
            seen=seen,
            path="probes" in seen,
        )
        for claim, passed, seen in checks
    )
    return ScenarioResult(
        scenario=name,
        sentence="A sentence.",
        claims=(),
        verdict=verdict,
        seconds=1.0,
        checks=said,
        reason=reason,
        declared=declared,
    )


PATH = ("IPv4 a → b is best effort", True, "all 8 probes: outer destination fcdd::1, no SRH")


def test_counts_may_differ_paths_may_not() -> None:
    one = result("te", PATH, ("packets lost of 1200 equals", True, "0"))
    other = result("te", PATH, ("packets lost of 87 equals", True, "0"))
    [row] = compare([one], [other])
    assert row.equal and (row.checks, row.paths) == (2, 1)
    elsewhere = (PATH[0], True, "all 8 probes: outer destination fcdd::2, no SRH")
    [row] = compare([one], [result("te", elsewhere, *[("packets lost of 1 equals", True, "0")])])
    assert not row.equal and row.paths == 0
    assert "fcdd::1" in row.differences[0] and "fcdd::2" in row.differences[0]


def test_verdicts_and_missing_checks_are_differences() -> None:
    [row] = compare([result("x", PATH)], [result("x", verdict="fail")])
    assert row.differences == ("pass and fail", "1 checks of one run only")


def test_what_a_kernel_lacks_is_explained_not_a_difference() -> None:
    unable = result("ipip", verdict="not applicable", reason="no IP-in-IP")
    declared = unable.model_copy(update={"declared": "kernel"})
    for one, other in ((declared, result("ipip", PATH)), (result("ipip", PATH), declared)):
        [row] = compare([one], [other])
        assert (row.equal, row.excused, row.checks) == (True, "no IP-in-IP", 0)
    [row] = compare([unable], [result("ipip", PATH)])
    assert not row.equal
    [row] = compare([declared], [result("ipip", PATH, verdict="fail")])
    assert not row.equal


def test_a_scenario_of_one_run_only() -> None:
    rows = compare([result("x", PATH)], [result("y", PATH)])
    assert [(r.scenario, r.verdicts) for r in rows] == [
        ("x", ("pass", "is not there")),
        ("y", ("is not there", "pass")),
    ]
    assert not any(row.equal for row in rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "IPv4 t1-worker1 → 10.96.3.4 → web-5d8f7c9b6d-x2k9z is best effort",
            "IPv4 t1-worker1 → 10.96.77.8 → web-86c4f5b7f9-q7w4r is best effort",
        ),
        ("AAAA of web.svc by fd00:10:96::a equals", "AAAA of web.svc by fd00:10:96::ff equals"),
        (
            "A of fdfb-af47-32af--1a2b.default.pod.cluster.local equals",
            "A of fdfb-af47-32af-0-12-3--9.default.pod.cluster.local equals",
        ),
    ],
)
def test_what_kubernetes_picks_may_differ(one: str, other: str) -> None:
    [row] = compare([result("s", (one, True, "x"))], [result("s", (other, True, "y"))])
    assert row.equal, row.differences


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IPv4 a → b goes by r6, r8", "IPv4 a → b goes by r4, r3"),
        ("IPv4 a → b is best effort", "IPv6 a → b is best effort"),
        ("worker1's blocks is not empty", "worker2's blocks is not empty"),
        ("rolling-update-of-something equals", "te-configmap-of-something equals"),
    ],
)
def test_names_may_not_differ(one: str, other: str) -> None:
    [row] = compare([result("s", (one, True, "x"))], [result("s", (other, True, "x"))])
    assert not row.equal


def test_runs_are_read_from_their_evidence(tmp_path: Path) -> None:
    for name in ("smoke", "dns"):
        (tmp_path / name).mkdir()
        write_result(tmp_path / name, result(name, PATH))
    assert [row.scenario for row in compare(read_results(tmp_path), read_results(tmp_path))] == [
        "dns",
        "smoke",
    ]
    with pytest.raises(TestbedError, match="no results"):
        read_results(tmp_path / "smoke" / "nowhere")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not a scenario's result"),
        ('{"scenario": "smoke"}', "not a scenario's result"),
        ('{"checks": [{"sentence": "x", "passed": true}]}', "cannot be compared"),
    ],
)
def test_evidence_that_cannot_be_compared_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "smoke").mkdir()
    (tmp_path / "smoke" / "result.json").write_text(text)
    with pytest.raises(TestbedError, match=said) as refused:
        read_results(tmp_path)
    assert "smoke/result.json" in str(refused.value)
