"""Pods of a pool without encapsulation, which the backbone itself routes to."""

from collections.abc import Sequence

from testbed.scenario import Check, Pod, Testbed, scenario


@scenario(claims=["C9"], needs=["kubernetes"])
def routed_pool(testbed: Testbed, check: Check) -> None:
    """Pods of a routed pool are reached natively, all others by SRv6, and TE steers these alone."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    with testbed.traffic(source, destination) as stream:
        testbed.pools.add("routed-v4", "172.18.0.0/16", "routed")
        testbed.pools.add("routed-v6", "fdfb:af47:32b0::/48", "routed")
        client, server = testbed.pod("worker1"), testbed.pod("worker2")
        testbed.te.inject("worker2-via-r6-r8.yaml")
        for family in testbed.kube.families():
            testbed.path(client, server, family).is_routed()
            testbed.path(server, client, family).is_routed()
            testbed.path(source, server, family).is_routed()
        for sender in (source, client):
            testbed.path(sender, destination, family=4).uses_segments("r6", "r8")
            testbed.path(sender, destination, family=6).is_best_effort()
        stream.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    services_reach_it(testbed, check, [source, client])


def services_reach_it(testbed: Testbed, check: Check, clients: Sequence[Pod]) -> None:
    """A Service whose server is in the pool, asked by pods of both pools and by every node."""
    web = testbed.kube.deploy("web", node="worker2")
    (server,) = testbed.kube.servers(web)
    service = testbed.kube.service(web)
    callers: list[Pod | str] = [*clients, *(node.name for node in testbed.nodes())]
    for family in testbed.kube.families():
        address = service.addresses[family]
        seen = {a.pod for caller in callers for a in testbed.http.ask(caller, address)}
        check.that(seen, f"who answers at the ClusterIP, IPv{family}").equals({server.name})
        testbed.path(clients[0], server, family, through=address).is_routed()
