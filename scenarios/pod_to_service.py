"""Services answer pods and nodes, by best effort and steered."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from testbed.scenario import Check, Pod, Service, Testbed, scenario


@scenario(claims=["C1", "C6"], needs=["kubernetes"])
def pod_to_service(testbed: Testbed, check: Check) -> None:
    """ClusterIP, NodePort and headless Services answer across SRv6, by best effort and steered."""
    web = testbed.kube.deploy("web", node="worker2")
    (server,) = testbed.kube.servers(web)
    nodes = [node.name for node in testbed.nodes()]
    pods = {name: testbed.pod(name) for name in nodes}
    # far and near, and the server itself
    clients: list[Pod | str] = [*pods.values(), *nodes, server]
    service, headless = testbed.kube.service(web, "NodePort"), testbed.kube.service(web, "headless")
    everybody_is_answered(testbed, check, clients, server, service, headless, "by best effort")
    for family in testbed.kube.families():
        path = testbed.path(pods["worker1"], server, family, through=service.addresses[family])
        path.is_best_effort()
    testbed.te.mode("configmap")
    testbed.te.apply("configmaps.yaml")
    for family in testbed.kube.families():
        testbed.te.wait_chosen("worker1", "worker2", family, "configmap")
        path = testbed.path(pods["worker1"], server, family, through=service.addresses[family])
        path.uses_segments("r6", "r8")
    everybody_is_answered(testbed, check, clients, server, service, headless, "steered")
    for family in testbed.kube.families():
        answer = testbed.http.ask(pods["worker1"], service.addresses[family])[0]
        own = testbed.address(pods["worker1"], family)
        check.that(answer.client, f"IPv{family} client as the server sees it").equals(own)


def everybody_is_answered(
    testbed: Testbed,
    check: Check,
    clients: Sequence[Pod | str],
    server: Pod,
    service: Service,
    headless: Service,
    how: str,
) -> None:
    """Every client is answered by the server, whatever it calls."""
    for family in testbed.kube.families():
        testbed.dns.wait_resolved(server, headless.dns_name, testbed.address(server, family))
        for name, (address, port) in targets(testbed, server, service, family).items():
            seen = {a.pod for client in clients for a in testbed.http.ask(client, address, port)}
            check.that(seen, f"who answers at {name}, IPv{family}, {how}").equals({server.name})


def targets(
    testbed: Testbed, server: Pod, service: Service, family: int
) -> dict[str, tuple[IPv4Address | IPv6Address, int]]:
    """Where a client may call: a headless Service's name leads to the server's own address."""
    node_port = service.node_port
    assert node_port is not None, "the Service is of kind NodePort"
    ports_of_nodes = {
        f"the NodePort of {node.name}": (testbed.address(node.name, family), node_port)
        for node in testbed.nodes()
    }
    return {
        "the ClusterIP": (service.addresses[family], 80),
        "the address behind the headless Service": (testbed.address(server, family), 8080),
        **ports_of_nodes,
    }
