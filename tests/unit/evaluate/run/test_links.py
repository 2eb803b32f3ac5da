"""A lab whose links were cut or shaped by hand: the run knows, and goes on only with the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.evaluate.run import links
from testbed.host.progress import Progress
from testbed.lab.repeatable import PLAN
from testbed.lab.state import read_plan
from testbed.plan.model import Plan, Shaping
from tests.paper_plan import paper_plan


def shaped(plan: Plan, interface: str, bandwidth: float) -> Plan:
    """The plan with one link shaped."""
    changed = tuple(
        link.model_copy(update={"shaping": Shaping(bandwidth=bandwidth)})
        if link.a.interface == interface
        else link
        for link in plan.links
    )
    return plan.model_copy(update={"links": changed})


def without(plan: Plan, interface: str) -> Plan:
    """The plan with one link cut."""
    left = tuple(link for link in plan.links if link.a.interface != interface)
    return plan.model_copy(update={"links": left})


PLAN_OF_LAB = paper_plan()
SHAPED = shaped(PLAN_OF_LAB, "r3-r4", 200)
CUT = without(PLAN_OF_LAB, "r6-r8")


class Lab:
    """A lab whose links are as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self.now, self.directory = PLAN_OF_LAB, directory
        monkeypatch.setattr(links, "as_they_are", lambda _: self.now)

    def keep(self, goes_on: bool = False) -> None:
        links.keep_links(self.directory, PLAN_OF_LAB, goes_on, Progress())


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    return Lab(monkeypatch, tmp_path)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (SHAPED, "not as planned: r3-r4 has 200 Mbit/s instead of no shaping"),
        (CUT, "not as planned: r6-r8 is down"),
        (PLAN_OF_LAB, ""),
    ],
)
def test_it_is_kept_and_said(
    lab: Lab, now: Plan, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.now = now
    lab.keep()
    assert read_plan(lab.directory / PLAN) == now
    assert says in capsys.readouterr().err if says else not capsys.readouterr().err


@pytest.mark.parametrize(
    ("then", "now", "says", "fix"),
    [
        (
            SHAPED,
            shaped(SHAPED, "r3-r4", 100),
            "r3-r4 has 100 Mbit/s instead of 200 Mbit/s",
            "testbed link set r3:r3-r4 r4:r4-r3 --bw 200",
        ),
        (PLAN_OF_LAB, CUT, "r6-r8 is down", "testbed link up r6:r6-r8 r8:r8-r6"),
        (CUT, PLAN_OF_LAB, "r6-r8 is up again", "testbed link down r6:r6-r8 r8:r8-r6"),
    ],
)
def test_a_run_does_not_go_on_with_others(
    lab: Lab, then: Plan, now: Plan, says: str, fix: str
) -> None:
    lab.now = then
    lab.keep()
    lab.keep(goes_on=True)
    lab.now = now
    with pytest.raises(TestbedError, match="not as they were") as caught:
        lab.keep(goes_on=True)
    assert caught.value.why == says
    assert caught.value.fix == f"{fix}; or --out with another directory"
    assert read_plan(lab.directory / PLAN) == then


def test_a_run_of_an_older_testbed_goes_on(lab: Lab) -> None:
    lab.keep(goes_on=True)
    assert read_plan(lab.directory / PLAN) == PLAN_OF_LAB
