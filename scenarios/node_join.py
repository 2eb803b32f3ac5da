"""A node that joins later."""

from time import monotonic

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C4"], params={"joins_later": "worker2"})
def node_join(testbed: Testbed, check: Check) -> None:
    """worker2 joins and is reached by best effort; nobody else's configuration was touched."""
    there = [node.name for node in testbed.nodes()]
    check.that(there, "nodes before").equals(["master", "worker1"])
    source = testbed.pod("worker1")
    before = {name: testbed.configuration(name) for name in [*there, "gobgp"]}
    begun = monotonic()
    testbed.join("worker2")
    destination = testbed.pod("worker2")
    with testbed.traffic(source, destination):
        check.figure("seconds until its pod was reached", round(monotonic() - begun, 2))
    for family in (4, 6):
        testbed.wait_chosen("worker1", "worker2", family, "best-effort")
        testbed.path(source, destination, family).is_best_effort()
        testbed.path(destination, source, family).is_best_effort()
    if testbed.plan.kubernetes:
        kubernetes_uses_it(testbed, check, source)
    for name in there:
        after = testbed.configuration(name)
        check.that(after, f"configuration and processes of {name}").equals(before[name])


def kubernetes_uses_it(testbed, check, client):
    """Its kubelet takes what the scheduler gives it, and Services lead there."""
    check.that(testbed.blocks("worker2"), "worker2's blocks").is_not_empty()
    service = testbed.service(testbed.deploy("web", node="worker2"))
    for family in testbed.families():
        answers = testbed.ask(client, service.addresses[family])
        check.that(len(answers), f"IPv{family} requests answered by worker2").equals(5)
