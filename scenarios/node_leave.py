"""A node is drained and leaves."""

from testbed.scenario import Check, Deployment, Testbed, scenario


@scenario(claims=["C4"], needs=["kubernetes"])
def node_leave(testbed: Testbed, check: Check) -> None:
    """worker2 is drained and leaves: pods move, blocks come back, the other nodes go on."""
    web = testbed.kube.deploy("web", replicas=4)
    service = testbed.kube.service(web)
    source, destination = testbed.pod("master"), testbed.pod("worker1")
    check.that(homes(testbed, web), "where the servers are").equals(["worker1", "worker2"])
    check.that(testbed.kube.blocks("worker2"), "worker2's blocks").is_not_empty()
    others = [node.name for node in testbed.nodes() if node.name != "worker2"]
    before = {name: testbed.nodes.configuration(name) for name in [*others, "gobgp"]}
    requests = testbed.http.requests(source, service.addresses[4])
    with testbed.traffic(source, destination) as stream, requests:
        testbed.kube.drain("worker2")
        testbed.kube.wait_rolled_out(web)
        check.that(homes(testbed, web), "where the servers are").equals(["worker1"])
        testbed.nodes.leave("worker2")
        testbed.wait("worker2's blocks to come back", lambda: not testbed.kube.blocks("worker2"))
        requests.flowing()
        stream.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent} between the others").equals(0)
    check.that(requests.failures, f"requests that failed of {requests.sent}").is_empty()
    for name in others:
        after = testbed.nodes.configuration(name)
        check.that(after, f"configuration and processes of {name}").equals(before[name])
    testbed.nodes.join("worker2")
    back = testbed.pod("worker2")
    for family in (4, 6):
        testbed.te.wait_chosen("worker1", "worker2", family, "best-effort")
        testbed.path(destination, back, family).is_best_effort()


def homes(testbed: Testbed, deployment: Deployment) -> list[str]:
    """The nodes on which servers run."""
    return sorted({server.node for server in testbed.kube.servers(deployment)})
