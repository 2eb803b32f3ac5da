"""BFD as an option of a plan: off, with values of its own, or refused; and what FRR reads of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.plan.model import Bfd
from testbed.render.everything import everything
from tests.shipped_plans import shipped_plan
from tests.unit.topology.topology_file import TWO, plan_of, problems_of, write


def test_the_paper_has_none() -> None:
    plan = shipped_plan("full")
    files = everything(plan)
    assert plan.bfd is None
    assert not [name for name in files if "bfdd" in name]
    assert not [text for name, text in files.items() if "isisd" in name and "bfd" in text]


def test_a_topology_says_how_it_is_to_be(tmp_path: Path) -> None:
    assert plan_of(tmp_path, TWO + "self.bfd = False").bfd is None
    assert plan_of(tmp_path, TWO + "self.bfd = True").bfd == Bfd()
    given = "self.bfd = True; self.bfd_interval = 50; self.bfd_multiplier = 4"
    bfd = plan_of(tmp_path, TWO + given).bfd
    assert bfd == Bfd(interval=50, multiplier=4)
    assert bfd.detection == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("self.bfd = 'yes'", "bfd='yes' is not usable: neither True nor False"),
        ("self.bfd = True; self.bfd_interval = 9", "bfd_interval=9 is not usable: not between 10"),
        ("self.bfd = True; self.bfd_interval = 60001", "not between 10 and 60000"),
        ("self.bfd = True; self.bfd_interval = 50.0", "not a whole number"),
        ("self.bfd = True; self.bfd_multiplier = 1", "not between 2 and 255"),
        ("self.bfd = True; self.bfd_multiplier = 256", "not between 2 and 255"),
        ("self.bfd_multiplier = 5", "bfd_multiplier=5 is of no use: bfd is off"),
        ("self.bfd = False; self.bfd_interval = 50", "bfd_interval=50 is of no use: bfd is off"),
        ("self.bfd = 1; self.bfd_interval = 50", "bfd=1 is not usable"),
    ],
)
def test_what_no_daemon_takes_is_refused_with_its_line(
    tmp_path: Path, given: str, words: str
) -> None:
    (problem,) = problems_of(write(tmp_path, TWO + given))
    assert problem.where == "mine.py:6"
    assert words in problem.what


def test_routers_watch_their_links_to_routers_and_no_others() -> None:
    files = everything(shipped_plan("full", bfd="true", bfd_interval="50"))
    for router in ("r3", "r8"):
        bfdd = files[f"nodes/{router}/bfdd.conf"]
        assert " receive-interval 50\n" in bfdd and " transmit-interval 50\n" in bfdd
        assert " detect-multiplier 3\n" in bfdd
    parts = files["nodes/r3/isisd.conf"].split("!\n")
    watching = [part.split()[1] for part in parts if " isis bfd profile backbone\n" in part]
    assert watching == ["r3-r2", "r3-r4"]
