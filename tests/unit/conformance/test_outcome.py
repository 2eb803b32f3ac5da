"""The gate, and the page that is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed.conformance.ginkgo import Spec
from testbed.conformance.outcome import Outcome, Run
from testbed.conformance.page import page
from testbed.conformance.selection import select

SERVICE = "[sig-network] Services work [Conformance]"
DUAL = "[sig-network] [Feature:IPv6DualStack] a | b"
SCTP = "[sig-network] [Feature:IPv6DualStack] sctp [Feature:SCTPConnectivity]"
GOOD = Run("best effort", (Spec(SERVICE, "passed", 3), Spec(DUAL, "passed", 4)), 100, 70)


def outcome(*runs: Run) -> Outcome:
    """An outcome of these runs."""
    return Outcome("2026-11-24", "2 × CPU", {"X": "1.0"}, select([SERVICE, DUAL, SCTP]), runs)


def with_state(state: str, reason: str = "") -> Run:
    """A run with another end of its first spec."""
    return replace(GOOD, specs=(Spec(SERVICE, state, 1, reason), *GOOD.specs[1:]))


def test_all_passed() -> None:
    assert outcome(GOOD, replace(GOOD, title="TE ConfigMaps")).passed
    assert outcome(GOOD).complaints() == []


@pytest.mark.parametrize("state", ["failed", "skipped", "not run"])
def test_one_that_did_not_pass_in_one_run_is_enough(state: str) -> None:
    found = outcome(GOOD, replace(with_state(state, "no reply"), title="TE ConfigMaps"))
    assert not found.passed
    assert found.complaints() == [f"TE ConfigMaps: {SERVICE}: {state}: no reply"]


def test_nothing_is_no_success() -> None:
    assert not outcome().passed
    assert not Outcome("", "", {}, select([]), (replace(GOOD, specs=()),)).passed


def test_what_failed_around_the_specs_is_named_if_they_did_not_pass() -> None:
    run = replace(with_state("not run"), problems=("BeforeSuite failed: no nodes",))
    assert outcome(run).complaints()[1] == "best effort: BeforeSuite failed: no nodes"


def test_the_page_counts_per_run_and_group() -> None:
    text = page(outcome(GOOD, replace(with_state("failed", "no reply"), title="TE ConfigMaps")))
    assert "Run on 2026-11-24: 2 × CPU." in text
    assert "| X | 1.0 |" in text
    assert "| best effort | network conformance | 1 | 1 | 0 | 0 |" in text
    assert "| TE ConfigMaps | network conformance | 1 | 0 | 1 | 0 |" in text
    assert "| TE ConfigMaps | dual stack | 1 | 1 | 0 | 0 |" in text
    assert f"| TE ConfigMaps | {SERVICE} | failed: no reply |" in text
    assert f"| {SCTP} | it needs SCTP in the kernel |" in text
    assert f"| {SERVICE} | passed, 3 s | failed, 1 s |" in text
    assert "a \\| b" in text
    assert "best effort: 100 s, 70 packets from node to node over SRv6." in text


def test_the_page_says_where_nothing_is_to_be_told() -> None:
    text = page(Outcome("", "", {}, select([SERVICE]), (replace(GOOD, specs=GOOD.specs[:1]),)))
    assert "## Not passed\n\nNone.\n" in text
    assert "## Not applicable\n\nNone.\n" in text
