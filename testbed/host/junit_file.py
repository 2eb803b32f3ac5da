"""Writes JUnit files, whatever characters a text has."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.host.for_caller import open_for_caller

if TYPE_CHECKING:
    from junitparser import TestSuite

# XML 1.0 has no place for these, not even escaped.
_UNFIT = dict.fromkeys((*range(32), 65534, 65535, *range(55296, 57344)), "�")
_UNFIT = {n: mark for n, mark in _UNFIT.items() if n not in (9, 10, 13)}


def fit(text: str) -> str:
    """The text with a mark in place of each character that XML cannot have."""
    return text.translate(_UNFIT)


def write_suites(suites: Iterable[TestSuite], file: Path) -> None:
    """One file of these suites, in this order. Raises OSError."""
    from junitparser import JUnitXml

    xml = JUnitXml()
    for suite in suites:
        # not add_testsuite(), which merges suites that look alike and leaves their counts
        xml.append(suite)  # type: ignore[no-untyped-call]
    with os.fdopen(open_for_caller(file), "wb") as stream:
        xml.write(stream)
