"""Services, wherever they are asked from."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C1", "C6"], needs=["kubernetes"])
def pod_to_service(testbed: Testbed, check: Check) -> None:
    """ClusterIP, NodePort and headless Services answer across SRv6, by best effort and steered."""
    web = testbed.deploy("web", node="worker2")
    (server,) = testbed.servers(web)
    nodes = [node.name for node in testbed.nodes()]
    pods = {name: testbed.pod(name) for name in nodes}
    clients = [*pods.values(), *nodes, server]  # far and near, and the server itself
    service, headless = testbed.service(web, "NodePort"), testbed.service(web, "headless")
    everybody_is_answered(testbed, check, clients, service, headless, "by best effort")
    for family in testbed.families():
        path = testbed.path(pods["worker1"], server, family, through=service.addresses[family])
        path.is_best_effort()
    testbed.mode("configmap")
    testbed.apply("configmaps.yaml")
    for family in testbed.families():
        testbed.wait_chosen("worker1", "worker2", family, "configmap")
        path = testbed.path(pods["worker1"], server, family, through=service.addresses[family])
        path.uses_segments("r6", "r8")
    everybody_is_answered(testbed, check, clients, service, headless, "steered")
    for family in testbed.families():
        answer = testbed.ask(pods["worker1"], service.addresses[family])[0]
        own = testbed.address(pods["worker1"], family)
        check.that(answer.client, f"IPv{family} client as the server sees it").equals(own)


def everybody_is_answered(testbed, check, clients, service, headless, how):
    """Every client is answered by the server, whatever it calls."""
    server = clients[-1]
    for family in testbed.families():
        testbed.wait_resolved(server, headless.dns_name, testbed.address(server, family))
        for name, (address, port) in targets(testbed, server, service, family).items():
            seen = {a.pod for client in clients for a in testbed.ask(client, address, port)}
            check.that(seen, f"who answers at {name}, IPv{family}, {how}").equals({server.name})


def targets(testbed, server, service, family):
    """Where a client may call: a headless Service's name leads to the server's own address."""
    ports_of_nodes = {
        f"the NodePort of {node.name}": (testbed.address(node.name, family), service.node_port)
        for node in testbed.nodes()
    }
    return {
        "the ClusterIP": (service.addresses[family], 80),
        "the address behind the headless Service": (testbed.address(server, family), 8080),
        **ports_of_nodes,
    }
