"""Best-effort tunnels come up by themselves."""

from itertools import permutations

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C1", "C2", "C3"])
def best_effort(testbed: Testbed, check: Check) -> None:
    """Between all nodes, IPv4 and IPv6 travel with one segment and no SRH, nothing configured."""
    pods = {node.name: testbed.pod(node.name) for node in testbed.nodes()}
    for head_end, endpoint in permutations(pods, 2):
        for family in (4, 6):
            chosen = testbed.te.chosen(head_end, endpoint, family)
            check.that(chosen.source, f"{head_end}→{endpoint} IPv{family} source").equals(
                "best-effort"
            )
            testbed.path(pods[head_end], pods[endpoint], family).is_best_effort()
