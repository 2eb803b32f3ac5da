"""Python inside a string or a page imports what is there; no type checker sees it."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLACES = sorted({*(ROOT / "tests").rglob("*.py"), *(ROOT / "docs").glob("*.md")})
_IMPORT = re.compile(r"^\s*from (testbed(?:\.\w+)*) import ([A-Za-z_]\w*(?:, \w+)*)$", re.MULTILINE)


def find_missing(text: str) -> list[str]:
    """What the text imports from the testbed in vain."""
    missing = []
    for module, names in _IMPORT.findall(text):
        for name in names.split(", "):
            try:
                there = hasattr(importlib.import_module(module), name)
                there = there or importlib.util.find_spec(f"{module}.{name}") is not None
            except ModuleNotFoundError:
                there = False
            if not there:
                missing.append(f"{module}.{name}")
    return missing


@pytest.mark.parametrize("file", PLACES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_lead_somewhere(file: Path) -> None:
    assert find_missing(file.read_text()) == []


def test_what_is_missing_is_found() -> None:
    text = "from testbed." + "images.gone import load\n    from testbed." + "errors import Gone\n"
    assert find_missing(text) == ["testbed.images.gone.load", "testbed.errors.Gone"]
