"""A policy of people loses its waypoint; the TE engine offers a detour until that is back."""

from testbed.lab import status
from testbed.scenario import Check, Testbed, scenario

POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: mine}
spec:
  endpoint: worker2
  color: 70
  family: IPv4
  headEnds: [worker1]
  protect: true
  candidates:
    - segmentLists:
        - segments: [r5, r7, worker2]
"""
PAIR = ("worker1", "worker2")
DETOUR = "detour of the policy mine without r7, as r7 cannot be visited"


@scenario(claims=["C14"])
def te_detour(testbed: Testbed, check: Check) -> None:
    """While r7 is gone a protected policy goes on without it; its own way comes back with r7."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.keep("mine.yaml", POLICY)
    policy = testbed.te.inject(testbed.evidence / "mine.yaml")
    testbed.path(source, destination, 4).uses_segments("r5", "r7")
    with testbed.traffic(source, destination, rate=1000) as stream:
        testbed.links.cut_router("r7")
        wait_used(testbed, "r5")
        stream.flowing(count=500, timeout=60)
    check.figure("ms without traffic when r7 goes", round(stream.outage * 1000, 1))
    testbed.path(source, destination, 4).uses_segments("r5")
    said = [(row.intent, row.status, row.why) for row in testbed.te.intents()]
    check.that(said, "what te list says").equals([("mine", "Degraded", DETOUR)])
    problems = [one for one in status.read_lab_status(testbed.plan).problems if DETOUR in one]
    check.that(len(problems), "sentences of status on the detour").equals(1)
    with testbed.traffic(source, destination, rate=1000) as stream:
        testbed.links.mend_router("r7")
        wait_used(testbed, "r5", "r7")
        stream.flowing(count=500, timeout=60)
    check.that(stream.lost, f"packets lost of {stream.sent} when r7 is back").equals(0)
    testbed.path(source, destination, 4).uses_segments("r5", "r7")
    names = [str(row.intent) for row in testbed.te.intents() if row.status != "Satisfied"]
    check.that(names, "policies on a detour after that").equals([])
    testbed.te.withdraw(policy)
    testbed.path(source, destination, 4).is_best_effort()


def wait_used(testbed: Testbed, *waypoints: str) -> None:
    """Until the head end's list has these."""
    testbed.wait(
        f"worker1 to go by {', '.join(waypoints)}",
        lambda: testbed.te.in_use(*PAIR, 4) == waypoints,
    )
