"""NetworkPolicies let through what they allow, and nothing else."""

from collections.abc import Sequence
from functools import partial
from ipaddress import IPv4Address, IPv6Address

from testbed.scenario import Check, Pod, Service, Testbed, scenario

ALL = ("0.0.0.0/0", "::/0")


@scenario(claims=["C1"], needs=["kubernetes"])
def network_policy(testbed: Testbed, check: Check) -> None:
    """NetworkPolicies decide who reaches pods near and far, directly and by a Service."""
    web = testbed.kube.deploy("web", replicas=2)
    servers, service = testbed.kube.servers(web), testbed.kube.service(web)
    far = next(server for server in servers if server.node == "worker2")
    friend, stranger = testbed.pod("worker1"), testbed.pod("worker1")
    everything = [*directly(testbed, servers), *by_service(testbed, service)]
    reached(testbed, check, friend, everything, "without a policy")

    testbed.kube.isolate("closed", selecting(app="web"), ["Ingress"])
    refused(testbed, check, friend, everything, "by a policy that allows nothing")
    testbed.kube.wait_rolled_out(web)  # kubelets go on probing

    default = {"matchLabels": {"kubernetes.io/metadata.name": "default"}}
    peer = {"namespaceSelector": default, "podSelector": selecting(app=friend.name)}
    rule = {"from": [peer], "ports": [{"port": "http"}]}
    testbed.kube.isolate("friends", selecting(app="web"), ["Ingress"], ingress=[rule])
    reached(testbed, check, friend, everything, "allowed by namespace, pod and named port")
    refused(testbed, check, stranger, everything, "as it is not the pod that is allowed")
    echo = testbed.pods.carries(friend, far, testbed.kube.families()[0], 100)
    check.that(echo, "whether the allowed pod's echo request is answered").equals(False)

    blocks = [{"cidr": cidr, "except": [alone(testbed, far, cidr)]} for cidr in ALL]
    rule = {"to": [{"ipBlock": block} for block in blocks]}
    testbed.kube.isolate("not-far", selecting(app=friend.name), ["Egress"], egress=[rule])
    near = [server for server in servers if server is not far]
    refused(testbed, check, friend, directly(testbed, [far]), "excepted from what it may send to")
    reached(testbed, check, friend, directly(testbed, near), "not excepted")

    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    peer = {"podSelector": selecting(app=source.name)}
    with testbed.traffic(source, destination) as stream:
        for number in range(20):
            ports = [{"protocol": "UDP"}, {"port": 1 + number}]
            rule = {"from": [peer], "ports": ports}
            named = selecting(app=destination.name)
            testbed.kube.isolate("edited", named, ["Ingress"], ingress=[rule])
            stream.flowing()
    check.that(stream.lost, f"allowed packets lost of {stream.sent} in 20 edits").equals(0)


def selecting(**labels: str) -> dict[str, object]:
    """A selector of these labels."""
    return {"matchLabels": labels}


def alone(testbed: Testbed, pod: Pod, cidr: str) -> str:
    """The pod alone, as a block of the family of `cidr`."""
    family, length = (6, 128) if ":" in cidr else (4, 32)
    return f"{testbed.address(pod, family)}/{length}"


Target = tuple[str, IPv4Address | IPv6Address, int]


def reached(
    testbed: Testbed, check: Check, client: Pod, targets: Sequence[Target], why: str
) -> None:
    """The client is answered by each of them."""
    for place, address, port in targets:
        said = testbed.http.ask(client, address, port, times=1)
        check.that(len(said), f"answers from {place}, {why}").equals(1)


def refused(
    testbed: Testbed, check: Check, client: Pod, targets: Sequence[Target], why: str
) -> None:
    """The client is answered by none of them, once the policy is in force."""
    for place, address, port in targets:
        is_silent = partial(gets_no_answer, testbed, client, address, port)
        testbed.wait(f"{place} not to answer, {why}", is_silent)
        check.that(is_silent(), f"whether {place} is silent, {why}").equals(True)


def gets_no_answer(
    testbed: Testbed, client: Pod, address: IPv4Address | IPv6Address, port: int
) -> bool:
    return not testbed.http.answers(client, address, port)


def directly(testbed: Testbed, servers: Sequence[Pod]) -> list[Target]:
    """The servers themselves, in both families."""
    return [
        (f"{server.name} on {server.node}, IPv{family}", testbed.address(server, family), 8080)
        for family in testbed.kube.families()
        for server in servers
    ]


def by_service(testbed: Testbed, service: Service) -> list[Target]:
    """The Service, in both families."""
    families = testbed.kube.families()
    return [(f"the Service, IPv{family}", service.addresses[family], 80) for family in families]
