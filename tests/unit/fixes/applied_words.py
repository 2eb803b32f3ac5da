"""Words that cannot be used, and the word that the fix leads to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from testbed.errors import TestbedError
from tests.shipped_plans import shipped_plan
from tests.unit.fixes.applied import is_printed_by

FULL = shipped_plan("full")


def listed(fix: str) -> str:
    """The first word of a list, behind what introduces it."""
    return fix.rpartition(": ")[2].rpartition(" are ")[2].removeprefix("a list of ").split(", ")[0]


def word(right: str) -> Callable[[str], str]:
    """For a fix that names no word, but says which would do."""
    return lambda _: right


@dataclass(frozen=True)
class Refused:
    """A fix; what is refused, with which word; and the word that the fix leads to."""

    fix: str
    take: Callable[[str], object]
    wrong: str
    right: Callable[[str], str]


def check_taken(case: Refused) -> None:
    """The wrong word is refused with the case's fix; the word that it leads to is taken."""
    with pytest.raises(TestbedError) as refused:
        case.take(case.wrong)
    assert is_printed_by(case.fix, refused.value.fix), refused.value
    case.take(case.right(refused.value.fix or ""))
