"""Writes topology files for tests, and reads them as `validate` does."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.plan.model import Plan
from testbed.plan.problems import InvalidPlan, Problem
from testbed.topology.load import load_plan

FIRST = 4  # the line of the first statement of the body


def write(directory: Path, body: str, base: str = "IPTopo", before: str = "") -> str:
    """A file whose build() has this body; `before` stands before the class."""
    file = directory / "mine.py"
    file.write_text(
        ("from testbed.topology import LabTopo" if base == "LabTopo" else "")
        + ("from ipmininet.iptopo import IPTopo" if base == "IPTopo" else "")
        + f"{'; ' + before if before else ''}\n"
        f"class Mine({base}):\n"
        "    def build(self, *args, **kwargs):\n"
        + "".join(f"        {line}\n" for line in body.splitlines())
        + "        super().build(*args, **kwargs)\n"
    )
    return str(file)


def plan_of(directory: Path, body: str, base: str = "IPTopo") -> Plan:
    """The plan of a valid file."""
    return load_plan(write(directory, body, base))


def problems_of(file: str, params: dict[str, str] | None = None) -> list[Problem]:
    """The problems of a file that is refused."""
    with pytest.raises(InvalidPlan) as caught:
        load_plan(file, params=params)
    return caught.value.problems


TWO = 'r1, r2 = self.addRouters("r1", "r2")\nself.addLink(r1, r2)\n'
Finding = tuple[str, int, str, str]  # what is added to TWO; line, subject and words of the finding


def assert_one_finding(directory: Path, case: Finding) -> None:
    """Two linked routers and the case's lines have this one finding."""
    more, line, subject, what = case
    (problem,) = problems_of(write(directory, TWO + more))
    assert (problem.where, problem.subject) == (f"mine.py:{line}", subject)
    assert what in problem.what
