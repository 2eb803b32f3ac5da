"""A pool whose overlay is for nodes of different subnets only."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C9"], topology="rack", needs=["kubernetes", "vxlan"])
def cross_subnet(testbed: Testbed, check: Check) -> None:
    """Pods on nodes of one subnet reach each other directly, and those elsewhere by VXLAN."""
    testbed.pools.add("cross-v4", "172.18.0.0/16", "vxlan", cross_subnet=True)
    testbed.pools.add("cross-v6", "fdfb:af47:32b0::/48", "vxlan", cross_subnet=True)
    pods = {node.name: testbed.pod(node.name) for node in testbed.nodes()}
    for family in testbed.kube.families():
        testbed.path(pods["master"], pods["worker1"], family).is_direct()
        testbed.path(pods["worker1"], pods["master"], family).is_direct()
        for near in ("master", "worker1"):
            testbed.path(pods[near], pods["worker2"], family).is_tunnelled("vxlan")
            testbed.path(pods["worker2"], pods[near], family).is_tunnelled("vxlan")
    web = testbed.serve("worker1")
    for family, address in web.addresses.items():
        seen = testbed.http.who_answers([*pods.values(), *pods], address)
        check.that(seen, f"who answers at the ClusterIP, IPv{family}").equals({web.server.name})
        testbed.path(pods["master"], web.server, family, through=address).is_direct()
