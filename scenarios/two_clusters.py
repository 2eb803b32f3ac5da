"""Two clusters run in two labs on one machine."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C11"], topology="basic", needs=["kubernetes"])
def two_clusters(testbed: Testbed, check: Check) -> None:
    """A second cluster with the same addresses comes, works and goes; nobody here notices."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    before = {node.name: testbed.nodes.configuration(node.name) for node in testbed.nodes()}
    blocks = {node.name: testbed.kube.blocks(node.name) for node in testbed.nodes()}
    with testbed.traffic(source, destination) as stream:
        second = testbed.second_labs.bring_up()
        status = second.testbed("status", "-f", "json")
        for node, held in blocks.items():
            for block in held:
                check.that(status, f"blocks of {node} in the second lab").contains(block)
        second.testbed("kubectl", "create", "configmap", "only-there")
        names = testbed.kube.kubectl("get", "configmaps", "-o", "name").split()
        check.that("configmap/only-there" in names, "whether its objects are here").equals(False)
        for option in ("-4", "-6"):
            proof = second.testbed("path", "pod-worker1", "pod-worker2", option)
            check.that(proof, f"the second lab's path {option}").contains("PASS")
        stream.flowing()
        second.down()
        stream.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    for node, configuration in before.items():
        after = testbed.nodes.configuration(node)
        check.that(after, f"configuration and processes of {node}").equals(configuration)
    for family in testbed.kube.families():
        testbed.path(source, destination, family).is_best_effort()
