"""A cut link."""

from statistics import median

from testbed.scenario import Check, Testbed, scenario

# The paper's timers take half a minute to tell of a cut, and again of its repair.
CUTS = {"fast": 10, "paper": 3}


@scenario(claims=["C7"])
def link_failure(testbed: Testbed, check: Check) -> None:
    """r6-r8 is cut again and again under traffic: steered traffic keeps its segments."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.inject("worker2-via-r6-r8.yaml")
    testbed.wait_chosen("worker1", "worker2", 4, "bgp")
    gaps = []
    for _ in range(CUTS[testbed.plan.profile]):
        with testbed.traffic(source, destination, rate=1000) as stream:
            testbed.cut("r6", "r8")
            stream.flowing(count=200, timeout=120)
        check.that(stream.lost, "packets lost by the cut").is_at_least(1)
        gaps.append(round(stream.longest_gap, 3))
        testbed.path(source, destination, family=4).uses_segments("r6", "r8")
        testbed.mend("r6", "r8")
    check.figure("seconds without traffic, each", gaps)
    check.figure("seconds without traffic, median", median(gaps))
