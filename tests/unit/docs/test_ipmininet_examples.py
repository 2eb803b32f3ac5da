"""docs/ipmininet-examples.md says of each of IPMininet's own examples what the testbed does."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from testbed.topology.evaluate_main import evaluate
from tests.repository import ROOT

PAGE = ROOT / "docs" / "ipmininet-examples.md"
HEAD = """# IPMininet's own examples

Which of the examples that come with IPMininet are read as they are, and why the others are
refused; every reason is an error of `testbed validate`, with its line. Written by
`DOCS=write pytest -n0 tests/unit/docs/test_ipmininet_examples.py`.

| example | |
|---|---|
"""
# what is said of a problem, by words that it has
REASONS = (
    ("a switch", "switches"),
    ("hubs are", "hubs"),
    ("addDaemon", "daemons of its own"),
    ("overlay", "overlays"),
    ("post_build", "post_build()"),
    ("configures what no lab runs", "configures BGP"),
    ("loopback is one address", "subnets on loopbacks"),
    ("option", "options unknown here"),
    ("DNS label", "names that are no DNS labels"),
    ("is not usable", "values unusable here"),
)


def folder() -> Path | None:
    package = find_spec("ipmininet")
    found = Path(package.origin).parent / "examples" if package and package.origin else None
    return found if found and found.is_dir() else None


def verdict(file: Path) -> str:
    problems = evaluate(file, "fast", {})["problems"]
    assert isinstance(problems, list)
    if not problems:
        return "read"
    said = [next((r for w, r in REASONS if w in p["what"]), "other errors") for p in problems]
    known = [reason for _, reason in REASONS] + ["other errors"]
    options = {m for p in problems for m in re.findall(r"option '(\w+)' is unknown", p["what"])}
    words = sorted(set(said), key=known.index)
    named = f" ({', '.join(sorted(options))})" if options else ""
    return "refused: " + ", ".join(
        w + (named if w == "options unknown here" else "") for w in words
    )


def test_the_table_is_true() -> None:
    examples = folder()
    if examples is None:
        pytest.skip("this IPMininet comes without its examples")
    files = sorted(x for x in examples.glob("*.py") if not x.name.startswith("__"))
    page = HEAD + "".join(f"| {x.stem} | {verdict(x)} |\n" for x in files)
    if os.environ.get("DOCS") == "write":
        PAGE.write_text(page)
    assert PAGE.read_text() == page


def test_no_example_is_refused_without_a_known_reason() -> None:
    assert "other errors" not in PAGE.read_text()
