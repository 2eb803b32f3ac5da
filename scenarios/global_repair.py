"""The TE engine repairs: links cut and mended under traffic, and one that flaps."""

from collections.abc import Mapping
from itertools import groupby
from math import ceil
from time import monotonic

from testbed.scenario import Check, Testbed, scenario

# One lab for all scenarios with these parameters. By delay the best path from r3 to r8 is by r5,
# the next best by r2-r7; by metric those by r4-r6 and by r2-r7, which share a duct.
NETWORK = {
    "delays": "1ms r4-r6:30ms r2-r7:20ms",
    "srlgs": "r4-r6:duct r2-r7:duct",
    "bandwidths": "20",
}
CUTS = (("r4", "r5"), ("r5", "r6"), ("r3", "r4"))
FLAPPING, FLAPS = ("r5", "r6"), 6
RATE, P95 = 1000, 0.3  # packets/s; seconds
INTENT = """\
apiVersion: testbed/v1
kind: Intent
metadata: {name: everywhere}
spec: {from: all, to: all, optimise: delay}
"""
Traffic = tuple[str, str, int]  # head end, endpoint, family
Lists = Mapping[Traffic, tuple[str, ...]]  # waypoints


@scenario(claims=["C14"], params=NETWORK)
def global_repair(testbed: Testbed, check: Check) -> None:
    """After each cut every head end has a new list; a link that flaps moves traffic once."""
    testbed.keep("everywhere.yaml", INTENT)
    testbed.te.apply_intents(testbed.evidence / "everywhere.yaml")
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    usual = lists_now(testbed)
    wait_used(testbed, usual)
    took: list[float] = []
    outages: list[float] = []
    for a, b in CUTS:
        repaired = foretold(testbed, f"{a}-{b}")
        check.that(repaired != usual, f"whether {a}-{b} is on a path").equals(True)
        with testbed.traffic(source, destination, rate=RATE) as stream:
            begun = monotonic()
            testbed.cut(a, b)
            took += wait_used(testbed, repaired, begun)
            stream.flowing(count=RATE // 4, timeout=60)
        outages.append(round(stream.outage * 1000, 1))
        with testbed.traffic(source, destination, rate=RATE) as after:
            after.flowing(count=RATE // 4)
            testbed.mend(a, b)
            wait_used(testbed, usual)
            after.flowing(count=RATE // 4)
        check.that(after.lost, f"packets lost after that, of {after.sent}").equals(0)
    took.sort()
    check.figure("seconds from a cut until a head end uses its new lists, each", took)
    check.figure("the same, median", took[len(took) // 2])
    check.figure("the same, p95", took[ceil(0.95 * len(took)) - 1], bound=P95)
    check.figure("ms without traffic by a cut, each", outages)
    flap(testbed, check)


def flap(testbed: Testbed, check: Check) -> None:
    """A link that goes down and comes back, again and again, about once a second."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    usual, repaired = lists_now(testbed), foretold(testbed, "-".join(FLAPPING))
    for turn in range(2):  # the second time it is no accident
        testbed.cut(*FLAPPING)
        wait_used(testbed, repaired)
        if turn == 0:
            testbed.mend(*FLAPPING)
            wait_used(testbed, usual)
    seen = []
    with testbed.traffic(source, destination, rate=RATE) as stream:
        for turn in range(2 * FLAPS):
            (testbed.cut if turn % 2 else testbed.mend)(*FLAPPING)
            for _ in range(5):
                stream.flowing(count=RATE // 10)
                seen.append(testbed.te.in_use("worker1", "worker2", 4))
        testbed.mend(*FLAPPING)
    lists = [found for found, _ in groupby(seen)]
    check.that(lists, f"lists in use while {'-'.join(FLAPPING)} flaps").equals(
        [repaired["worker1", "worker2", 4]]
    )
    check.that(stream.lost, f"packets lost meanwhile, of {stream.sent}").equals(0)
    returned = max(wait_used(testbed, usual))
    check.figure("seconds from the last mend until the usual lists are back", returned)


def lists_now(testbed: Testbed) -> Lists:
    """What the engine decides on the network as it is."""
    return {
        (row.head_end, row.endpoint, family): row.segments[:-1]
        for row in testbed.te.intents()
        for family in row.families
    }


def foretold(testbed: Testbed, link: str) -> Lists:
    """What it would decide without this link."""
    return {
        (move.head_end, move.endpoint, move.family): move.after_segments[:-1]
        for move in testbed.te.what_if(down=[link]).moves
    }


def wait_used(testbed: Testbed, wanted: Lists, begun: float | None = None) -> list[float]:
    """Until every head end uses these lists; how long each took, in seconds."""
    begun = begun or monotonic()
    waiting = dict.fromkeys(head_end for head_end, _, _ in wanted)
    took: list[float] = []

    def all_do() -> bool:
        for head_end in list(waiting):
            if all(
                testbed.te.in_use(*traffic) == waypoints
                for traffic, waypoints in wanted.items()
                if traffic[0] == head_end
            ):
                took.append(round(monotonic() - begun, 3))
                del waiting[head_end]
        return not waiting

    testbed.wait("every head end to use its new lists", all_do, lambda: f"not {list(waiting)}")
    return took
