"""Pods of a pool without encapsulation, which the backbone itself routes to."""

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
    web = testbed.serve("worker2")
    callers: list[Pod | str] = [source, client, *(node.name for node in testbed.nodes())]
    for family, address in web.addresses.items():
        seen = testbed.http.who_answers(callers, address)
        check.that(seen, f"who answers at the ClusterIP, IPv{family}").equals({web.server.name})
        testbed.path(source, web.server, family, through=address).is_routed()
