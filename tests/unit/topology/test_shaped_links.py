"""Links are shaped from the start as far as a lab can come up over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.topology.topology_file import Finding, assert_one_finding, plan_of

LINK = 'self.addLink(r1, self.addRouter("r3"), {})'
NODES = 'for r in (r1, r2): self.addLink(r, self.addHost(r + "n", cluster=True), delay="{}")'

# a slow link that no tunnel takes stands before the slow ones that one does
BESIDE = 'self.addLink(r1, self.addRouter("r3"), delay="9s")\n'

REFUSED = {
    "delay, beside a slower link": (
        BESIDE + NODES.format("0.3s"),
        7,
        "r1-r1n",
        "the way from r1n to r2n takes 0.6 s: BGP",
    ),
    "loss": (LINK.format("loss=31"), 6, "r1-r3", "a loss of 31 %: routing does not hold"),
    "bandwidth": (LINK.format("bw=0.09"), 6, "r1-r3", "0.09 Mbit/s: routing alone needs 0.1"),
    "delay": (NODES.format("0.3s"), 6, "r1-r1n", "the way from r1n to r2n takes 0.6 s: BGP"),
}
TAKEN = {
    "loss": LINK.format("loss=30"),
    "bandwidth": LINK.format("bw=0.1"),
    "delay": NODES.format("250ms"),
    "delay of a link that no tunnel takes": LINK.format('delay="2s"') + "\n" + NODES.format("1ms"),
    "a host's own": 'self.addLink(r1, self.addHost("h"), loss=100, bw=0.001, delay="60s")',
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_keeps_a_lab_from_coming_up_is_refused(case: Finding, tmp_path: Path) -> None:
    assert_one_finding(tmp_path, case)


@pytest.mark.parametrize("lines", TAKEN.values(), ids=TAKEN.keys())
def test_what_does_not_is_taken(lines: str, tmp_path: Path) -> None:
    two = 'r1, r2 = self.addRouters("r1", "r2")\nself.addLink(r1, r2)\n'
    assert plan_of(tmp_path, two + lines).links
