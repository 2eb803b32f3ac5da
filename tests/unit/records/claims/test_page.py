"""docs/claims.md has the ledger that follows from the records beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed.cli.claims import LEDGER
from testbed.errors import TestbedError
from testbed.records.claims.page import BEGIN, END, dump, kept_records, load, part, replaced
from testbed.records.claims.paper import CLAIMS, MEASURED
from testbed.records.store import Store
from testbed.scenario.run import registry
from tests.repository import ROOT
from tests.unit.cli.said import said
from tests.unit.records.recorded import make_run, outcome, record

PAGE = ROOT / "docs/claims.md"
KEPT = ROOT / "docs" / LEDGER
SCENARIOS = {"smoke": ["C11"], "te-bgp": ["C5", "C7"]}


def test_the_page_follows_from_the_records_beside_it() -> None:
    """After a change: `testbed claims --write docs/claims.md`."""
    page = PAGE.read_text()
    assert replaced(page, part(KEPT.read_text(), LEDGER), "x") == page


def test_the_records_know_the_scenarios_that_there_are() -> None:
    _, scenarios = load(KEPT.read_text(), LEDGER)
    shipped = {s.name: s.claims for s in registry.shipped()}
    assert scenarios == {name: list(claims) for name, claims in {**shipped, **MEASURED}.items()}


def test_the_page_and_the_ledger_have_the_same_claims() -> None:
    for claim, words in CLAIMS.items():
        assert f"| {claim} | " in PAGE.read_text()
        assert f"| {claim}: {words} | " in PAGE.read_text()


def test_scenarios_test_claims_that_there_are() -> None:
    assert {claim for s in registry.shipped() for claim in s.claims} <= CLAIMS.keys()


def test_what_is_kept_is_enough_and_nobodys_own() -> None:
    old = record("old", outcomes=(outcome("smoke", verdict="fail"), outcome("te-bgp")))
    new = record("new", days=1, outcomes=(outcome("smoke", ended=None),), caller="somebody")
    text = dump(kept_records([old, new]), SCENARIOS)
    records, scenarios = load(text, "x")
    assert scenarios == SCENARIOS
    assert [(r.run, [o.name for o in r.outcomes]) for r in records] == [
        ("old", ["te-bgp"]),
        ("new", ["smoke"]),
    ]
    assert not any(word in text for word in ("somebody", "TESTBED_", "testbed run"))


def test_a_part_has_the_digest_of_its_records() -> None:
    text = dump([], SCENARIOS)
    assert part(text, "x") != part(text.replace("C11", "C10"), "x")
    assert part(text + " ", "x").partition("\n")[0] != part(text, "x").partition("\n")[0]


def test_a_bar_in_a_failure_stays_in_its_cell() -> None:
    failed = outcome("smoke", verdict="fail", failure="a | b")
    line = next(
        line
        for line in part(dump([record(outcomes=(failed,))], SCENARIOS), "x").splitlines()
        if line.startswith("| C11")
    )
    assert r"a \| b" in line


def test_the_command_writes_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))
    page = tmp_path / "claims.md"
    page.write_text(f"# Claims\n\n{BEGIN} -->\n{END}\n\nmore\n")
    make_run(Store(tmp_path / "runs"), record("one"), outcome("smoke"))
    said("claims", "--write", str(page))
    text = page.read_text()
    assert text.startswith("# Claims\n\n" + BEGIN + ": sha256 ")
    assert text.endswith(END + "\n\nmore\n")
    assert "smoke pass: namespace/none, 2026-01-02, 0123456, one" in text
    assert json.loads((tmp_path / LEDGER).read_text())["records"][0]["run"] == "one"
    said("claims", "--write", str(page))
    assert page.read_text() == text, "again, nothing changes"


def test_what_other_machines_wrote_counts_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "claims.md"
    page.write_text(f"{BEGIN} -->\n{END}\n")
    for machine, name in (("a", "smoke"), ("b", "te-bgp")):
        monkeypatch.setenv("TESTBED_STATE", str(tmp_path / machine))
        make_run(Store(tmp_path / machine / "runs"), record(f"on-{machine}"), outcome(name))
        said("claims", "--write", str(page))
    assert "smoke pass" in page.read_text()
    assert "te-bgp pass" in page.read_text()


def test_a_page_without_a_place_for_it() -> None:
    with pytest.raises(TestbedError, match="no place for the ledger"):
        replaced("# Claims\n", "x", "claims.md")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"records": [], "scenarios": {"a": 1}}'])
def test_what_is_no_ledger(text: str) -> None:
    with pytest.raises(TestbedError, match="not a ledger"):
        load(text, "x")
