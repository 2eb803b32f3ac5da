"""A node joins a running cluster."""

from time import monotonic

from testbed.scenario import Check, Pod, Testbed, scenario


@scenario(claims=["C4"], params={"joins_later": "worker2"})
def node_join(testbed: Testbed, check: Check) -> None:
    """worker2 joins and is reached by best effort; nobody else's configuration was touched."""
    members = [node.name for node in testbed.nodes()]
    check.that(members, "nodes before").equals(["master", "worker1"])
    source = testbed.pod("worker1")
    before = {name: testbed.nodes.configuration(name) for name in [*members, "gobgp"]}
    begun = monotonic()
    testbed.nodes.join("worker2")
    destination = testbed.pod("worker2")
    with testbed.traffic(source, destination):
        check.figure("seconds until its pod was reached", round(monotonic() - begun, 2))
    for family in (4, 6):
        testbed.te.wait_chosen("worker1", "worker2", family, "best-effort")
        testbed.path(source, destination, family).is_best_effort()
        testbed.path(destination, source, family).is_best_effort()
    if testbed.kube.available:
        kubernetes_uses_it(testbed, check, source)
    for name in members:
        after = testbed.nodes.configuration(name)
        check.that(after, f"configuration and processes of {name}").equals(before[name])


def kubernetes_uses_it(testbed: Testbed, check: Check, client: Pod) -> None:
    """Its kubelet takes what the scheduler gives it, and Services lead there."""
    check.that(testbed.kube.blocks("worker2"), "worker2's blocks").is_not_empty()
    service = testbed.kube.service(testbed.kube.deploy("web", node="worker2"))
    for family in testbed.kube.families():
        answers = testbed.http.ask(client, service.addresses[family])
        check.that(len(answers), f"IPv{family} requests answered by worker2").equals(5)
