"""What the tests that apply fixes share: which place of the code printed a fix, and editing."""

from __future__ import annotations

import re

from tests.unit.fixes.collect import printed

PLACEHOLDER = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")  # an expression may hold braces
SUGGESTED = re.compile(r"did you mean '?([^'? ]+)'?(?: \([^)]*\))?\?")


def is_printed_by(key: str, fix: str | None) -> bool:
    """True if this text was made by the place and template of `key`, which the code has."""
    assert key in {one.key for one in printed()}, f"no code prints {key}"
    template = key.partition(": ")[2]
    parts = PLACEHOLDER.split(template)
    return re.fullmatch(".+".join(map(re.escape, parts)), fix or "", re.DOTALL) is not None


def suggested(fix: str) -> str:
    """The word that a fix says was meant."""
    found = SUGGESTED.search(fix)
    assert found, fix
    return found[1]


def edited(text: str, where: str | None, old: str, new: str, fix: str) -> str:
    """A file after its fix was followed: at the line that it names, `old` became `new`.

    In `new`, SUGGESTED stands for the word that the fix says was meant, FIX for all of it.
    """
    new = new.replace("SUGGESTED", suggested(fix)) if "SUGGESTED" in new else new
    new = new.replace("FIX", fix)
    if not (where and where[-1].isdigit()):
        assert old in text, old
        return text.replace(old, new, 1)
    lines = text.split("\n")
    at = int(where.rpartition(":")[2]) - 1
    assert old in lines[at], f"{where} is {lines[at]!r}, which does not hold {old!r}"
    lines[at] = lines[at].replace(old, new)
    return "\n".join(lines)
