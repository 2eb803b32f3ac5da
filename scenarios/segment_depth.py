"""Segment lists of every length that the lab has room for."""

from statistics import median

from testbed.scenario import Check, Testbed, scenario

# Of the paper's backbone; neighbours from list to list, so that no router is visited twice.
WAYPOINTS = {
    1: (),
    2: ("r6",),
    3: ("r6", "r8"),
    4: ("r4", "r6", "r8"),
    5: ("r4", "r5", "r6", "r8"),
    6: ("r4", "r5", "r6", "r7", "r8"),
}
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: depth-ipv{family}}}
spec:
  endpoint: worker2
  color: 40{family}
  family: IPv{family}
  headEnds: [worker1]
  candidates:
    - segmentLists:
        - segments: [{segments}]
"""


@scenario(claims=["C5", "C7"], params={"segments": "6"}, long=True)
def segment_depth(testbed: Testbed, check: Check) -> None:
    """Lists of one to six segments steer worker1→worker2; the longest packets get through."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    mtu = testbed.pods.mtu(source)
    check.figure("pod MTU (bytes)", mtu)
    for depth, waypoints in WAYPOINTS.items():
        for family in (4, 6):
            name = f"depth-{depth}-ipv{family}.yaml"
            segments = ", ".join([*waypoints, "worker2"])
            testbed.keep(name, POLICY.format(family=family, segments=segments))
            testbed.te.inject(testbed.evidence / name)
            testbed.te.wait_chosen("worker1", "worker2", family, "bgp")
            lists = testbed.te.chosen("worker1", "worker2", family).segment_lists
            installed = [len(found.segments) for found in lists]
            check.that(installed, f"segments in use for IPv{family}").equals([depth])
            path = testbed.path(source, destination, family)
            path.uses_segments(*waypoints) if waypoints else path.is_best_effort()
            whole = testbed.pods.carries(source, destination, family, mtu)
            what = f"whether IPv{family} packets of {mtu} bytes get through {depth} segments whole"
            check.that(whole, what).equals(True)
            trips = testbed.pods.round_trips(source, destination, family)
            what = f"round trip over {depth} segments, IPv{family} (ms, median of {len(trips)})"
            check.figure(what, round(median(trips), 3))
    longer = testbed.pods.carries(source, destination, 4, mtu + 1)
    check.that(longer, f"whether packets of {mtu + 1} bytes get through whole").equals(False)
