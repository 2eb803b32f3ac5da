"""Every fix that the code can print has a row that says how it is known to work.

- *applied*: a test, here or in `tests/integration/test_printed_fixes.py`, produces the error, does
  what is printed, and sees it gone; it names the fix as a text.
- *typed*: its commands are those of today; what they do depends on the machine or the lab.
- *read*: a person has read it, for the reason that stands above it.

Rows of the last two are in `rows.txt`. How to add one is in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.cli.advice import commands
from tests.repository import ROOT
from tests.unit.docs.test_commands import parse
from tests.unit.fixes.applied import PLACEHOLDER
from tests.unit.fixes.collect import FOLDERS, printed

HERE = Path(__file__).parent
APPLIED_IN = (
    *sorted(HERE.glob("test_applied_*.py")),
    ROOT / "tests/integration/test_printed_fixes.py",
)
KEY = re.compile(rf"({'|'.join(FOLDERS)})/[\w/]+\.py: .+")
FIXES = {fix.key: fix for fix in printed()}


def rows() -> dict[str, str]:
    """Fix → the heading that it stands under in rows.txt."""
    found: dict[str, str] = {}
    heading = ""
    for line in (HERE / "rows.txt").read_text().splitlines():
        if line.startswith("# "):
            heading = line[2:]
        elif line:
            assert line not in found, f"twice: {line}"
            found[line] = heading
    return found


def applied() -> set[str]:
    """The fixes that tests apply: texts in them that are a key."""
    return {text for file in APPLIED_IN for text in _texts(ast.parse(file.read_text()))}


def _texts(tree: ast.Module) -> Iterator[str]:
    prefixes = {
        n.targets[0].id: n.value.value
        for n in tree.body
        if isinstance(n, ast.Assign)
        and isinstance(n.targets[0], ast.Name)
        and isinstance(n.value, ast.Constant)
        and isinstance(n.value.value, str)
    }
    for node in ast.walk(tree):
        text = _joined(node, prefixes)
        if text and KEY.fullmatch(text):
            yield text


def _joined(node: ast.AST, prefixes: dict[str, str]) -> str:
    """A text, or a constant of the module and a text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return prefixes.get(node.id, "")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined(node.left, prefixes) + _joined(node.right, prefixes)
    return ""


def test_every_fix_has_a_row_and_every_row_a_fix() -> None:
    covered = applied() | set(rows())
    without = [
        f"{fix.module}:{fix.line}: {fix.text}" for k, fix in FIXES.items() if k not in covered
    ]
    assert without == [], "no row for these fixes: see CONTRIBUTING.md, Recipe: add an error"
    assert sorted(covered - set(FIXES)) == [], "no code prints these any more"


def test_nothing_is_in_the_table_that_a_test_applies() -> None:
    assert sorted(applied() & set(rows())) == []


def test_a_row_is_typed_or_has_the_reason_why_it_is_only_read() -> None:
    assert {h for h in rows().values() if h != "typed" and not h.startswith("read: ")} == set()
    plain = [k for k, h in rows().items() if h == "typed" and not list(commands(FIXES[k].text))]
    assert plain == [], "these have no command that could be typed"


COMMANDS = {f"{f.key} ({c})": c for f in FIXES.values() for c in commands(f.text)}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_can_be_typed(command: str) -> None:
    words = shlex.split(PLACEHOLDER.sub("x", command))
    assert "…" not in words
    parse(words[1:])


def test_a_command_is_quoted_or_a_part_of_its_own() -> None:
    """Else the words behind it belong to it, and it is not completed for the lab."""
    for fix in FIXES.values():
        rest = fix.text
        for command in commands(fix.text):
            rest = rest.replace(command, "", 1)
        assert not re.search(r"\btestbed (?!…)[a-z]", rest), fix.key


def test_what_a_fix_names_is_there() -> None:
    """Targets of the Makefile, modules that doctor tries, files of ours, environment variables."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    doctor = "".join(f.read_text() for f in (ROOT / "testbed/doctor").glob("*.py"))
    code = "".join(f.read_text() for f in (ROOT / "testbed").glob("**/*.py"))
    for fix in FIXES.values():
        for target in re.findall(r"\bmake ([a-z-]+)(?= NODES|`|,|;|$)", fix.text):
            assert target in targets or target == "room", fix.key
        for module in re.findall(r"\bmodprobe ([a-z_]+)", fix.text):
            assert module in doctor, fix.key
        for file in re.findall(r"\bdocs/[\w-]+\.md|\bpackages[\w-]*\.apt", fix.text):
            assert (ROOT / file).exists(), fix.key
        for variable in re.findall(r"\bTESTBED_[A-Z_]+", fix.text):
            assert f'"{variable}"' in code, fix.key


def test_texts_are_followed_through_constants_alternatives_and_functions() -> None:
    known = set(FIXES)
    assert "testbed/artefacts/cache.py: testbed artefacts fetch --force" in known  # a constant
    assert "testbed/te/lint/nodes.py: did you mean {near[0]}?" in known  # a function elsewhere
    assert "testbed/backbone/routers.py: testbed logs {waiting[0]}" in known  # when it is asked
    assert "testbed/doctor/kernel.py: modprobe vxlan" in known  # a field, by its place
    assert len(known) > 300
