"""What `validate` says of what a topology is given by --set: its fix is followed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.repository import ROOT
from tests.unit.fixes.applied import is_printed_by
from tests.unit.fixes.applied_topology import problems_of
from tests.unit.topology.topology_file import TWO, write

PARAMETERS = "testbed/topology/parameters.py: "


@pytest.mark.parametrize(
    ("key", "given", "then"),
    [
        (PARAMETERS + "--set {name}={_example(known[name])}", {"rows": "x"}, None),
        (
            PARAMETERS + "{hint}it takes: {', '.join(sorted(known))}",
            {"row": "2"},
            {"rows": "2"},
        ),
        (
            "topologies/grid.py: --set rows=3 --set columns=3, or other whole numbers from 1",
            {"rows": "0"},
            None,
        ),
        (
            "topologies/star.py: --set nodes=20 --set present=3, or other whole numbers",
            {"nodes": "1"},
            None,
        ),
    ],
)
def test_a_printed_option_is_taken(
    key: str, given: dict[str, str], then: dict[str, str] | None
) -> None:
    file = ROOT / f"topologies/{'star' if 'nodes' in given else 'grid'}.py"
    (problem,) = problems_of(file, **given)
    assert is_printed_by(key, problem.fix)
    if then is None:  # as printed
        then = dict(re.findall(r"--set (\w+)=(\w+)", problem.fix))
    else:
        assert all(f"--set {name}=" in problem.fix for name in then)
    assert problems_of(file, **then) == []


def test_a_file_without_parameters_takes_no_option(tmp_path: Path) -> None:
    file = Path(write(tmp_path, TWO, "LabTopo"))
    file.write_text(file.read_text().replace("*args, **kwargs", ""))
    (problem,) = problems_of(file, rows="2")
    assert is_printed_by(PARAMETERS + "it takes none: leave --set out", problem.fix)
    assert problems_of(file) == []


def test_what_is_given_may_be_the_cause(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from testbed.topology import LabTopo\n"
        "class Mine(LabTopo):\n"
        "    def build(self, n=1, **options):\n"
        "        self.addRouter('r%d' % (1 // n)); super().build(**options)\n"
    )
    (problem,) = problems_of(file, n="0")
    key = (
        "testbed/topology/evaluate_main.py: correct the topology file, "
        "or what the file is given:{given}"
    )
    assert is_printed_by(key, problem.fix)
    assert problems_of(file, n="1") == []
