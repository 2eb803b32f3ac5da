"""Pools of all overlays at once, and pods of each that talk to pods of every other."""

from itertools import product

from testbed.scenario import Check, Pod, Testbed, scenario

# by overlay: the networks of its two pools; SRv6 has the plan's own
POOLS = {
    "vxlan": ("172.18.0.0/16", "fdfb:af47:32b0::/48"),
    "routed": ("172.20.0.0/16", "fdfb:af47:32b2::/48"),
}


@scenario(claims=["C9"], needs=["kubernetes", "vxlan"])
def coexistence(testbed: Testbed, check: Check) -> None:
    """Pods of SRv6, VXLAN and routed pools reach each other, each by its own pool's overlay."""
    clients = {"srv6": testbed.pod("worker1")}
    servers = {"srv6": testbed.pod("worker2")}
    services = {"srv6": testbed.serve("worker2")}
    for overlay, networks in POOLS.items():
        for network, family in zip(networks, (4, 6), strict=True):
            testbed.pools.add(f"{overlay}-v{family}", network, overlay)
        clients[overlay] = testbed.pod("worker1")
        servers[overlay] = testbed.pod("worker2")
        services[overlay] = testbed.serve("worker2")
    pairs = product(clients.values(), servers, testbed.kube.families())
    for client, overlay, family in pairs:
        testbed.path(client, servers[overlay], family).is_carried_by(overlay)
    callers: list[Pod | str] = [*clients.values(), *(node.name for node in testbed.nodes())]
    for (overlay, web), family in product(services.items(), testbed.kube.families()):
        seen = testbed.http.who_answers(callers, web.addresses[family])
        check.that(seen, f"who answers at the ClusterIP of {overlay}, IPv{family}").equals(
            {web.server.name}
        )
