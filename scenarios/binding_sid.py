"""A policy that is entered by its binding SID, from another head end's policies."""

from pathlib import Path

from testbed.agent.contract import INSTALLED
from testbed.scenario import Check, Testbed, scenario

ENTRY = "fcdd:0:0:aa::b000"  # one of master's SIDs
OTHER = "fcdd:0:0:11aa::b000"  # one of worker1's
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: {name}}}
spec:
  endpoint: worker2
  color: {color}
  family: IPv{family}
  headEnds: [{head_end}]
  candidates:
    - {bound}segmentLists:
        - segments: [{segments}]
"""


@scenario(claims=["C5"], params={"segments": "8"})
def binding_sid(testbed: Testbed, check: Check) -> None:
    """worker1's policies enter master's by its binding SID; a change of that costs no packet."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.te.inject(entered_at_master(testbed, "r7"))
    state = testbed.te.chosen("master", "worker2", 6).binding_sid_state
    check.that(state, f"what became of binding SID {ENTRY} at master").equals(INSTALLED)
    testbed.te.inject(written(testbed, "stitched4", 61, 4, "worker1", f'"{ENTRY}", worker2'))
    through = f'r4, "{ENTRY}", worker2'
    testbed.te.inject(written(testbed, "stitched6", 62, 6, "worker1", through, OTHER))
    for family in (4, 6):
        testbed.te.wait_chosen("worker1", "worker2", family, "bgp")
    testbed.path(source, destination, 4).uses_segments(ENTRY)
    testbed.path(source, destination, 6).uses_segments("r4", ENTRY)
    mtu = testbed.pods.mtu(source)
    for family in (4, 6):
        whole = testbed.pods.carries(source, destination, family, mtu)
        what = f"whether IPv{family} packets of {mtu} bytes get through both policies whole"
        check.that(whole, what).equals(True)
    with testbed.traffic(source, destination, rate=1000) as stream:
        for waypoint in ("r6", "r7", "r6"):
            testbed.te.inject(entered_at_master(testbed, waypoint))
            testbed.path(source, destination, 4).is_as_promised()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    refused_in_a_circle(testbed)
    testbed.path(source, destination, 6).is_best_effort()
    entry = testbed.te.inject(entered_at_master(testbed, "r7"))
    for family in (4, 6):
        testbed.te.wait_chosen("worker1", "worker2", family, "bgp")
    testbed.te.withdraw(entry)
    testbed.te.wait_chosen("worker1", "worker2", 4, "best-effort")
    testbed.path(source, destination, 4).is_best_effort()


def refused_in_a_circle(testbed: Testbed) -> None:
    """Of master's policy, which then leads into worker1's and so into its own."""
    circle = written(testbed, "entry", 60, 6, "master", f'"{OTHER}", worker2', ENTRY)
    testbed.te.inject(circle, force=True)
    for head_end in ("master", "worker1"):
        testbed.te.wait_chosen(head_end, "worker2", 6, "best-effort")


def entered_at_master(testbed: Testbed, waypoint: str) -> Path:
    """master's policy to worker2."""
    return written(testbed, "entry", 60, 6, "master", f"{waypoint}, worker2", ENTRY)


def written(
    testbed: Testbed,
    name: str,
    color: int,
    family: int,
    head_end: str,
    segments: str,
    binding_sid: str = "",
) -> Path:
    """A policy's file, among the evidence."""
    bound = f'bindingSid: "{binding_sid}"\n      ' if binding_sid else ""
    text = POLICY.format(
        name=name, color=color, family=family, head_end=head_end, segments=segments, bound=bound
    )
    testbed.keep(f"{name}.yaml", text)
    return testbed.evidence / f"{name}.yaml"
