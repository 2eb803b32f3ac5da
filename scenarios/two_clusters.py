"""Two clusters in two labs on one machine."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C11"], topology="basic", needs=["kubernetes"])
def two_clusters(testbed: Testbed, check: Check) -> None:
    """A second cluster with the same addresses comes, works and goes; nobody here notices."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    before = {node.name: testbed.configuration(node.name) for node in testbed.nodes()}
    blocks = {node.name: testbed.blocks(node.name) for node in testbed.nodes()}
    with testbed.traffic(source, destination) as stream:
        there = testbed.neighbour()
        said = there.testbed("status", "-f", "json")
        for node, held in blocks.items():
            for block in held:
                check.that(said, f"blocks of {node} in the second lab").contains(block)
        there.testbed("kubectl", "create", "configmap", "only-there")
        here = testbed.kubectl("get", "configmaps", "-o", "name").split()
        check.that("configmap/only-there" in here, "whether its objects are here").equals(False)
        for family in ("-4", "-6"):
            proof = there.testbed("path", "pod-worker1", "pod-worker2", family)
            check.that(proof, f"the second lab's path {family}").contains("PASS")
        stream.flowing()
        there.down()
        stream.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    for node, configuration in before.items():
        after = testbed.configuration(node)
        check.that(after, f"configuration and processes of {node}").equals(configuration)
    for family in testbed.families():
        testbed.path(source, destination, family).is_best_effort()
