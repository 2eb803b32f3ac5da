"""IP-in-IP carries IPv4 of new pods beside SRv6."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C9"], needs=["kubernetes", "ipip"])
def ipip_pool(testbed: Testbed, check: Check) -> None:
    """IPv4 of new pods goes by IP-in-IP and their IPv6 by SRv6; older pods notice nothing."""
    old = testbed.pod("worker1"), testbed.pod("worker2")
    with testbed.traffic(*old) as stream:
        testbed.pools.add("ipip", "172.19.0.0/16", "ipip")
        new = {node.name: testbed.pod(node.name) for node in testbed.nodes()}
        for one, other in (("worker1", "worker2"), ("worker2", "worker1"), ("master", "worker2")):
            testbed.path(new[one], new[other], family=4).is_tunnelled("ipip")
            testbed.path(new[one], new[other], family=6).is_best_effort()
        testbed.path(*old, family=4).is_best_effort()
        testbed.path(old[0], new["worker2"], family=4).is_tunnelled("ipip")
        stream.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    web = testbed.serve("worker2")
    address = web.addresses[4]
    seen = testbed.http.who_answers([old[0], new["worker1"], "master"], address)
    check.that(seen, "who answers at the ClusterIP").equals({web.server.name})
    testbed.path(old[0], web.server, family=4, through=address).is_tunnelled("ipip")
