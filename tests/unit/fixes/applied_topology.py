"""Topology files that are mended as `validate` says."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.plan.problems import Problem
from testbed.topology.evaluate_main import evaluate
from tests.unit.fixes.applied import edited, is_printed_by
from tests.unit.topology.topology_file import TWO, write

NODES = 'a = self.addClusterNode("a"); self.addLink(r1, a)\n'


@dataclass(frozen=True)
class Mended:
    """A file's lines after TWO; what of the named line is replaced, and by what."""

    fix: str
    body: str
    old: str
    new: str
    two: str = TWO  # what stands before
    base: str = "LabTopo"
    before: str = ""  # what stands before the class
    last: str = ""  # what stands at the end of build() instead
    rest: str = ""  # what stands behind it
    elsewhere: bool = False  # the line to edit is not the one that is named


def problems_of(file: Path, **params: str) -> list[Problem]:
    """Evaluated in this process, for speed; what that sets is put back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        patch.setattr(sys, "argv", list(sys.argv))
        found = evaluate(file, "fast", params)["problems"]
    assert isinstance(found, list)
    return [Problem(**each) for each in found]


def check_mended(directory: Path, case: Mended) -> None:
    """The case's file has a problem with its fix; after that is followed, it has none."""
    file = Path(write(directory, case.two + case.body + "\n", case.base, case.before))
    if case.last:
        file.write_text(file.read_text().replace("super().build(*args, **kwargs)", case.last))
    file.write_text(file.read_text().lstrip("; ") + case.rest)
    found = problems_of(file)
    meant = [p for p in found if is_printed_by(case.fix, p.fix)]
    assert meant, [str(p) for p in found]
    where = None if case.elsewhere else meant[0].where
    file.write_text(edited(file.read_text(), where, case.old, case.new, meant[0].fix))
    left = [str(p) for p in problems_of(file)]
    assert left == [], left
