"""What is said of words for a path, its waypoints and losses: the fix's word is taken."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from testbed.plan.spf import path_sets
from testbed.prove.expectation import egress_pool, via
from testbed.prove.loss import expected_loss
from tests.unit.fixes.applied import suggested
from tests.unit.fixes.applied_words import FULL, Refused, check_taken, listed, word

EXPECTATION = "testbed/prove/expectation.py: "

CASES = {
    "end of a path, near": Refused(
        "testbed/plan/spf.py: did you mean {by_lower[near[0]]}?",
        lambda name: path_sets(FULL, "r1", name),
        "woker1",
        suggested,
    ),
    "end of a path, far": Refused(
        "testbed/plan/spf.py: there are: {', '.join(plan.by_name)}",
        lambda name: path_sets(FULL, "r2", name),
        "zzz",
        listed,
    ),
    "egress": Refused(
        EXPECTATION + "the cluster nodes are {', '.join((n.name for n in plan.cluster)) or 'none'}",
        lambda name: egress_pool(FULL, name),
        "r3",
        listed,
    ),
    "waypoint, near": Refused(
        EXPECTATION + "did you mean {by_lower[near[0]]}?",
        lambda name: via(FULL, ["r6", name], "worker2"),
        "r66",
        suggested,
    ),
    "waypoint, far": Refused(
        EXPECTATION + "name routers, or give SIDs",
        lambda name: via(FULL, [name], "worker2"),
        "zzz",
        word("r7"),
    ),
    "waypoint without SID": Refused(
        EXPECTATION + "leave it out",
        lambda names: via(FULL, names.split(), "worker2"),
        "r6 worker2",
        word("r6"),
    ),
    "SID of nobody": Refused(
        EXPECTATION + "name routers, or give SIDs of this lab",
        lambda name: via(FULL, [IPv6Address(name)], "worker2"),
        "2001:db8::1",
        word(str(FULL.node("r6").loopback_v6)),
    ),
    "node of a loss": Refused(
        "testbed/prove/loss.py: name a node of the topology",
        lambda name: expected_loss(FULL, name, "never left"),
        "zzz",
        word("r6"),
    ),
    "cause of a loss": Refused(
        "testbed/prove/loss.py: one of: {', '.join(CAUSES)}",
        lambda cause: expected_loss(FULL, "r6", cause),
        "zzz",
        listed,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_word_of_the_fix_is_taken(case: Refused) -> None:
    check_taken(case)
