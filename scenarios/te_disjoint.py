"""Two paths without a common link, node or shared risk, and one that stands by for another."""

from itertools import pairwise

from testbed.scenario import Check, Testbed, scenario

# One lab for all scenarios with these parameters. By delay the best path from r3 to r8 is by r5,
# the next best by r2-r7; by metric those by r4-r6 and by r2-r7, which share a duct.
NETWORK = {
    "delays": "1ms r4-r6:30ms r2-r7:20ms",
    "srlgs": "r4-r6:duct r2-r7:duct",
    "bandwidths": "20",
}
PAIR = ("worker1", "worker2")
GROUP = """\
apiVersion: testbed/v1
kind: Intent
metadata: {{name: of-ipv{family}}}
spec:
  from: worker1
  to: worker2
  family: IPv{family}
  disjoint: {{group: both, from: {separation}}}
"""
PROTECTED = """\
apiVersion: testbed/v1
kind: Intent
metadata: {name: protected}
spec:
  from: worker1
  to: worker2
  optimise: delay
  protect: true
"""


@scenario(claims=["C14"], params=NETWORK)
def te_disjoint(testbed: Testbed, check: Check) -> None:
    """IPv4 and IPv6 take two paths apart; a backup stands by, and traffic moves there by a cut."""
    source, destination = (testbed.pod(node) for node in PAIR)
    for separation in ("link", "node", "srlg"):
        documents = [GROUP.format(family=family, separation=separation) for family in (4, 6)]
        testbed.keep(f"{separation}.yaml", "---\n".join(documents))
        testbed.te.apply_intents(testbed.evidence / f"{separation}.yaml")
        one, other = (row.path for row in testbed.te.intents())
        shared = parts(testbed, one, separation) & parts(testbed, other, separation)
        check.that(shared, f"{separation}s that both paths have").is_empty()
        for family in (4, 6):
            testbed.path(source, destination, family).is_as_promised()
    testbed.te.delete_intents(["of-ipv4", "of-ipv6"])
    testbed.keep("protected.yaml", PROTECTED)
    testbed.te.apply_intents(testbed.evidence / "protected.yaml")
    testbed.wait_chosen(*PAIR, 4, "bgp")
    found = testbed.te.candidates(*PAIR, 4)
    wanted = [(200, ("r5",)), (150, ("r7",))]
    check.that(found, "preferences and waypoints, the one in use first").equals(wanted)
    with testbed.traffic(source, destination, rate=1000) as stream:
        testbed.cut("r5", "r6")
        for family in (4, 6):
            wait_for_backup(testbed, family)
        stream.flowing(count=500, timeout=120)
    check.figure("seconds without traffic by the cut", round(stream.outage, 3))
    for family in (4, 6):
        testbed.path(source, destination, family).uses_segments("r7")


def parts(testbed: Testbed, path: tuple[str, ...], separation: str) -> set[str]:
    """Links, nodes or risk groups of a path between the routers of its two ends."""
    if separation == "node":
        return set(path[2:-2])
    plan, routers = testbed.plan, path[1:-1]
    hops = [{a, b} for a, b in pairwise(routers)]
    links = [link for link in plan.links if {link.a.node, link.b.node} in hops]
    if separation == "link":
        return {link.a.interface for link in links}
    return {risk for link in links for risk in link.te.srlg}


def wait_for_backup(testbed: Testbed, family: int) -> None:
    """Until worker1 uses the list that stood by."""
    what = f"worker1 to use the backup's list for IPv{family}"
    testbed.wait(what, lambda: testbed.te.in_use(*PAIR, family) == ("r7",))
