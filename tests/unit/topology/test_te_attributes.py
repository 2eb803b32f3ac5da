"""What a file tells path computation about its links is in the plan, or refused at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.plan.model import TrafficEngineering
from tests.unit.topology.topology_file import Finding, assert_one_finding, plan_of

LINK = 'self.addLink(r1, self.addRouter("r3"), {})'

REFUSED = {
    option: (LINK.format(option), 6, "r1-r3", what)
    for option, what in {
        'te_delay="5"': "a time with its unit is needed",
        "te_delay=5": "a time with its unit is needed",
        'te_delay="-5ms"': "a time with its unit is needed",
        'te_delay="17s"': "a time of at most 16.777215s is needed (RFC 8570)",
        "capacity=0": "a number from 0.001 to 10000000 is needed",
        "capacity=-10": "a number from 0.001 to 10000000 is needed",
        "capacity=float('nan')": "a number from 0.001 to 10000000 is needed",
        "capacity=1e9": "a number from 0.001 to 10000000 is needed",
        "capacity=True": "a number is needed",
        'capacity="wide"': "could not convert string to float",
        "affinity=5": "5 is no name",
        'affinity="very good"': "'very good' is no name: letters, digits,",
        'affinity=""': "'' is no name",
        'affinity=["gold", "gold"]': "'gold' is named twice",
        "affinity=2.5": "a name or a list of names is needed",
        "srlg=-1": "-1 is no number from 0 to 4294967295",
        "srlg=1 << 32": "4294967296 is no number from 0 to 4294967295",
        'srlg=[7, "7"]': "'7' is named twice",
        "srlg=True": "True is no name",
        "srlg=[[1]]": "[1] is no name",
        'afinity="gold"': "option 'afinity' is unknown",
    }.items()
}
REFUSED["at one end"] = (
    LINK.format('params1={"srlg": 1}'),
    6,
    "r1-r3",
    "option 'srlg' is unknown",
)
REFUSED["of a host"] = (
    'self.addLink(r1, self.addHost("h"), affinity="gold")',
    6,
    "r1-h",
    "say nothing here: intents are for paths between cluster nodes",
)
REFUSED["of an injector"] = (
    'self.addLink(r1, self.addHost("g", injector=True), te_delay="1ms")',
    6,
    "r1-g",
    "say nothing here",
)
REFUSED["of a switch"] = (
    's = self.addSwitch("s")\nself.addLink(s, self.addHost("h"))\nself.addLink(r1, s, srlg=1)',
    8,
    "r1-s",
    "option 'srlg' is not for the link of a router and a switch",
)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_no_link_can_have_is_refused(case: Finding, tmp_path: Path) -> None:
    assert_one_finding(tmp_path, case)


def test_attributes_are_in_the_plan(tmp_path: Path) -> None:
    options = (
        'te_delay="1.5ms", capacity="10000", affinity=["gold", "sea"], srlg=["duct-1", 4294967295]'
    )
    plan = plan_of(
        tmp_path,
        'r1, r2 = self.addRouters("r1", "r2")\n'
        f"self.addLink(r1, r2, {options})\n"
        'self.addLink(r1, self.addHost("n", cluster=True), affinity="gold")\n',
    )
    assert plan.links[0].te == TrafficEngineering(
        delay_us=1500,
        capacity=10000.0,
        affinity=("gold", "sea"),
        srlg=("duct-1", "4294967295"),
    )
    assert plan.links[1].te.affinity == ("gold",)
    assert not plan.links[0].shaping.any
