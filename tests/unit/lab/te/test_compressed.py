"""`te explain` shows how a list is compressed, and changes name the parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed.engine.decide.decide import decide
from testbed.engine.decide.setting import setting_of
from testbed.engine.from_plan import network_of
from testbed.engine.intents.model import Intent, Resources
from testbed.lab.te.delivery import Delivery
from testbed.lab.te.engine import Planned
from testbed.lab.te.explained import explain_intent, explained_text
from testbed.lab.te.live import Live
from testbed.lab.te.store import Kept
from testbed.lab.te.words import SidNames
from testbed.plan.model import Encoding
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full", encoding="usid")
SIDS = {node.name: node.cluster.local_sids for node in PLAN.cluster if node.cluster}
LONG = Intent(
    "long",
    ("worker1",),
    ("worker2",),
    require=Resources(links=frozenset({"r1-r2", "r2-r7", "r4-r5"})),
)


def explained(one: Intent) -> str:
    network = network_of(PLAN)
    decision = decide([one], network, setting_of(PLAN))
    planned = Planned(Kept((), {}), Live(network, SIDS), decision, (), Delivery((), {}, ()), ())
    return "\n".join(map(explained_text, explain_intent(PLAN, planned, one.name)))


def test_each_segment_and_the_address_that_they_are_in() -> None:
    lines = [line.strip() for line in explained(LONG).splitlines()]
    assert "3. r4>r5(r4-r5), uA, 5f00:42::" in lines
    place = lines.index("compressed: 40 bytes outside instead of 112, no SRH")
    assert lines[place + 1 :] == ["IPv4 5f00:10:60:42:e034::", "IPv6 5f00:10:60:42:e036::"]


def test_the_backup_has_its_own() -> None:
    text = explained(replace(LONG, require=Resources(), protect=True))
    assert text.count("compressed:") == 2


@pytest.mark.parametrize("encoding", ["srh", None])
def test_single_sids_are_not_called_compressed(encoding: Encoding | None) -> None:
    one = replace(LONG, require=Resources(nodes=frozenset({"r7"})), encoding=encoding)
    assert ("compressed" in explained(one)) is (encoding is None)


def test_changes_name_the_parts_of_a_container() -> None:
    names = SidNames(PLAN, SIDS).of(["5f00:10:60:42:e034::"])
    assert names == ("r1", "r6", "r4-r5", "worker2")
