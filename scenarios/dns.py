"""The cluster's DNS answers pods on every node."""

from collections.abc import Mapping
from functools import partial
from ipaddress import IPv4Address, IPv6Address

from testbed.scenario import Check, Pod, Service, Testbed, scenario

Address = IPv4Address | IPv6Address


@scenario(claims=["C1"], needs=["kubernetes"])
def dns(testbed: Testbed, check: Check) -> None:
    """CoreDNS resolves Services and pods, A and AAAA, for pods on all nodes, by UDP and TCP."""
    nodes = [node.name for node in testbed.nodes()]
    webs = {name: testbed.kube.deploy(f"on-{name}", node=name) for name in nodes}
    servers = {name: testbed.kube.servers(web)[0] for name, web in webs.items()}
    service = testbed.kube.service(webs["worker2"])
    headless = testbed.kube.service(webs["worker2"], "headless")
    server = servers["worker2"]
    for family in testbed.kube.families():
        testbed.dns.wait_resolved("master", service.dns_name, service.addresses[family])
        testbed.dns.wait_resolved("master", headless.dns_name, testbed.address(server, family))
    for name, client in servers.items():
        # by its short name, as programs do: resolv.conf, search list and all
        said = testbed.kube.run_in(client, "wget", "-qO-", f"http://{service.name}/cgi-bin/who")
        check.that(said, f"what a program on {name} is told").contains(server.name)
        for resolver in testbed.dns.servers():
            ask = partial(testbed.dns.resolve, client, server=resolver)
            whom = f"by {resolver} on {name}"
            for family in testbed.kube.families():
                record = "A" if family == 4 else "AAAA"
                for asked, address in known(testbed, service, headless, servers, family).items():
                    values = ask(asked, record).values
                    check.that(values, f"{record} of {asked} {whom}").equals((str(address),))
            ports = ask(f"_http._tcp.{service.dns_name}", "SRV", tcp=True).values
            check.that(ports, f"SRV over TCP {whom}").equals((f"{service.dns_name}:80",))
            nobody = ask("nobody.default.svc.cluster.local").code
            check.that(nobody, f"an unknown name {whom}").equals("NXDOMAIN")


def known(
    testbed: Testbed,
    service: Service,
    headless: Service,
    servers: Mapping[str, Pod],
    family: int,
) -> dict[str, Address]:
    """Names and their addresses: a Service, a headless one, and a pod on every node."""
    pods = [testbed.address(server, family) for server in servers.values()]
    return {
        service.dns_name: service.addresses[family],
        headless.dns_name: testbed.address(servers["worker2"], family),
        **{f"{dashed(address)}.default.pod.cluster.local": address for address in pods},
    }


def dashed(address: Address) -> str:
    """As a pod's address stands in its name."""
    return str(address).replace(".", "-").replace(":", "-")
