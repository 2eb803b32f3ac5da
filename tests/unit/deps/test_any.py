"""`Any` is rare, and each file that uses it says why."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 65


def count_any(text: str) -> int:
    """How often the source names `Any` outside imports."""
    return sum(
        isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(ast.parse(text))
    )


def uses() -> Counter[Path]:
    found: Counter[Path] = Counter()
    for room in ("testbed", "scenarios", "topologies"):
        for file in (ROOT / room).rglob("*.py"):
            found[file.relative_to(ROOT)] = count_any(file.read_text())
    return +found


def test_it_is_rare() -> None:
    assert sum(uses().values()) <= LIMIT, uses().most_common(10)


@pytest.mark.parametrize("file", sorted(map(str, uses())))
def test_a_file_says_why(file: str) -> None:
    assert "# Any" in (ROOT / file).read_text()


def test_uses_are_counted() -> None:
    assert count_any("from typing import Any\n\nx: Any = 1\ny: dict[str, Any] = {}\n") == 2
