"""How an interface is shaped, from what tc prints."""

from __future__ import annotations

import pytest

from testbed.backbone.tc_output import limited, shaping_of
from testbed.plan.model import Shaping

QDISCS = """\
qdisc noqueue 0: dev lo root refcnt 2 
qdisc htb 5: dev r3-r4 root refcnt 9 r2q 10 default 0x1 direct_packets_stat 0 direct_qlen 1000
qdisc netem 10: dev r3-r4 parent 5:1 limit 1000 delay 5ms loss 0.5% seed 12093
qdisc netem 10: dev r3-r2 root refcnt 9 limit 1000 delay 500us
qdisc netem 10: dev r3-r40 root refcnt 9 limit 1000 loss 2%
qdisc blackhole 8140: dev r3-r5 root refcnt 3 
qdisc noqueue 0: dev r3-worker1 root refcnt 2 
"""  # noqa: W291 - as tc prints it
RATE = "class htb 5:1 root leaf 10: prio 0 rate {} ceil {} burst 15Kb cburst 1598b \n"


def test_the_interfaces_with_a_limit() -> None:
    assert limited(QDISCS) == ["r3-r4"]


@pytest.mark.parametrize(
    ("device", "classes", "shaping"),
    [
        ("r3-r4", RATE.format("10Mbit", "10Mbit"), Shaping(bandwidth=10, delay="5ms", loss=0.5)),
        ("r3-r2", "", Shaping(delay="500us")),
        ("r3-r40", "", Shaping(loss=2)),
        ("r3-r5", "", Shaping(loss=100)),
        ("r3-worker1", "", Shaping()),
        ("lo", "", Shaping()),
    ],
)
def test_shaping_of_an_interface(device: str, classes: str, shaping: Shaping) -> None:
    assert shaping_of(device, QDISCS, classes) == shaping


@pytest.mark.parametrize(
    ("printed", "megabits"),
    [("1Kbit", 0.001), ("10500Kbit", 10.5), ("1Gbit", 1000.0), ("500bit", 0.0005)],
)
def test_units_of_bandwidth(printed: str, megabits: float) -> None:
    found = shaping_of("x", "", RATE.format(printed, printed)).bandwidth
    assert found == pytest.approx(megabits)
