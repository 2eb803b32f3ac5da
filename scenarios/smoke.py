"""This is the shortest proof that a lab works."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C11"], nodes=["worker1", "worker2"])
def smoke(testbed: Testbed, check: Check) -> None:
    """Pods on two nodes reach each other over SRv6, in all their families, by the promised path."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    for family in testbed.pods.families():
        testbed.path(source, destination, family).is_as_promised()
        testbed.path(destination, source, family).is_as_promised()
