"""Sends packets through a kernel that holds the tables of clusters by chance.

A program for namespaces of its own (unshare --net --mount): argument is the number of clusters.
Prints how many connections were let through, and how many were not.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from random import Random

from testbed.agent.desired.netpol.table import Table
from testbed.agent.desired.netpol.text import TABLE, transaction
from testbed.host.namespaces import in_netns
from testbed.host.wait import wait_for
from tests.unit.agent.netpol.by_the_text import Cluster
from tests.unit.agent.netpol.random_cluster import OUTSIDE, PORTS, cluster, probe
from tests.unit.agent.netpol.test_random import compiled

PODS = [f"p{number}" for number in range(12)]
PROBES = 6  # of each cluster
LISTENED = (*PORTS, 54)
KINDS = {"UDP": socket.SOCK_DGRAM, "TCP": socket.SOCK_STREAM}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
SETUP = """
mount -t tmpfs none /run
mkdir /run/netns
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
"""
WIRE = """
ip netns add {name}
ip link add {link} address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns {name}
ip address add 169.254.1.1/32 dev {link} scope link
ip address add fe80::1/64 dev {link} nodad
ip link set {link} up
ip -n {name} link set lo up
ip -n {name} link set eth0 up
ip -n {name} route add 169.254.1.1 dev eth0 scope link
"""
ADDRESS = """
ip -n {name} address add {address} dev eth0 {nodad}
ip route add {address} dev {link}
"""
DEFAULT = """
ip -n {name} route add default via 169.254.1.1 dev eth0
ip -n {name} -6 route add default via fe80::1 dev eth0
"""


class Net:
    """Pods, and somebody outside, with everything listening."""

    def __init__(self) -> None:
        places: dict[str, tuple[str, ...]] = {
            name: (f"10.0.0.{n}", f"fd00::{n:x}") for n, name in enumerate(PODS)
        }
        places["out"] = OUTSIDE
        script = SETUP
        for name, addresses in places.items():
            link = f"cali{name}" if name in PODS else "outside"
            script += WIRE.format(name=name, link=link)
            for one in addresses:
                script += ADDRESS.format(
                    name=name, link=link, address=one, nodad="nodad" * (":" in one)
                )
            script += DEFAULT.format(name=name)
        subprocess.run(["sh", "-ec", script], check=True)
        self.place_of = {one: name for name, own in places.items() for one in own}
        self.listening: dict[tuple[str, str, int], socket.socket] = {}
        for one, name in self.place_of.items():
            with in_netns(name):
                for protocol in KINDS:
                    for port in LISTENED:
                        self.listening[one, protocol, port] = listen(one, protocol, port)

    def connect(self, source: str, target: str, protocol: str, port: int) -> Connection:
        """A connection that has been begun."""
        with in_netns(self.place_of[source]):
            own = socket.socket(FAMILIES[6 if ":" in source else 4], KINDS[protocol])
        own.setblocking(False)
        own.bind((source, 0))
        other = self.listening[target, protocol, port]
        return Connection(own, other, protocol, (target, port))


def listen(address: str, protocol: str, port: int) -> socket.socket:
    found = socket.socket(FAMILIES[6 if ":" in address else 4], KINDS[protocol])
    found.bind((address, port))
    found.setblocking(False)
    if protocol == "TCP":
        found.listen()
    return found


class Connection:
    """One end, and the one who listens at the other."""

    def __init__(
        self, own: socket.socket, other: socket.socket, protocol: str, at: tuple[str, int]
    ) -> None:
        self.own, self.other, self.protocol, self.at = own, other, protocol, at
        own.connect_ex(at)
        if protocol == "UDP":
            own.send(b"there")

    def passed(self) -> bool:
        """Has the other end got it, and its answer come back?"""
        if not select.select([self.other], [], [], 0)[0]:
            return False
        if self.protocol == "TCP":
            accepted, _ = self.other.accept()
            accepted.send(b"back")
            self.keep = accepted
        else:
            _, sender = self.other.recvfrom(100)
            self.other.sendto(b"back", sender)
        until("its answer comes", lambda: bool(select.select([self.own], [], [], 0)[0]))
        return self.own.recv(100) == b"back"


def until(what: str, holds: Callable[[], bool]) -> None:
    wait_for(what, lambda: (holds() or None, "not yet"), 30)


def has_dropped(before: int) -> bool:
    return dropped() > before


def dropped() -> int:
    """Packets that isolated pods were spared."""
    shown = subprocess.run(
        ["nft", "-j", "list", "table", *TABLE.split()], capture_output=True, text=True
    )
    listed = json.loads(shown.stdout)["nftables"] if shown.stdout else []
    rules = [one["rule"] for one in listed if "rule" in one]
    parts = [rule["expr"] for rule in rules if {"drop": None} in rule["expr"]]
    return sum(one["counter"]["packets"] for part in parts for one in part if "counter" in one)


def load(text: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


def try_cluster(net: Net, known: Cluster, random: Random) -> list[bool]:
    found = []
    for _ in range(PROBES):
        source, target, protocol, port = probe(random, known)
        if source == target or protocol not in KINDS:
            continue
        expected = known.allowed("egress", source, target, protocol, port) and known.allowed(
            "ingress", source, target, protocol, port
        )
        before = dropped()
        begun = net.connect(source, target, protocol, port)
        what = (source, target, protocol, port, known.policies)
        if expected:
            until(f"{what} passes", begun.passed)
        else:
            until(f"{what} is dropped", partial(has_dropped, before))
            assert not begun.passed(), what
        begun.own.close()
        found.append(expected)
    return found


def closed(way: str, **rule: object) -> Cluster:
    """p0 and p1, of which p1 (ingress) or p0 (egress) is isolated but for this rule."""
    pods = [
        {
            "metadata": {"name": name, "namespace": "a", "labels": {"name": name}},
            "spec": {"containers": []},
            "status": {"podIPs": [{"ip": f"10.0.0.{number}"}]},
        }
        for number, name in enumerate(PODS[:2])
    ]
    spec = {
        "podSelector": {"matchLabels": {"name": "p1" if way == "ingress" else "p0"}},
        "policyTypes": [way.capitalize()],
        way: [rule] if rule else [],
    }
    policy = {"metadata": {"name": "np", "namespace": "a"}, "spec": spec}
    spaces = [{"metadata": {"name": "a", "labels": {}}}]
    return Cluster([policy], pods, spaces)


def try_established(net: Net) -> None:
    """A flow of which both ends have sent stops in both directions, and goes on again."""
    dns = {"ports": [{"protocol": "UDP", "port": 53}]}
    load(transaction(None, compiled(closed("ingress", **dns))[0]))
    flow = net.connect("10.0.0.0", "10.0.0.1", "UDP", 53)
    until("the flow begins", flow.passed)
    peer = flow.own.getsockname()
    for way in ("ingress", "egress"):
        load(transaction(None, compiled(closed(way))[0]))
        for send in (partial(flow.own.send, b"there"), partial(flow.other.sendto, b"back", peer)):
            before = dropped()
            send()
            until(f"{way}: what was begun before is dropped", partial(has_dropped, before))
    load(transaction(None, compiled(closed("ingress", **dns))[0]))
    assert not select.select([flow.own, flow.other], [], [], 0)[0]
    flow.own.send(b"there")
    until("the flow goes on", flow.passed)


def try_service(net: Net) -> None:
    """A policy is about the pod behind a Service's address, and about that pod's port."""
    load(
        "table ip service { chain prerouting { type nat hook prerouting priority dstnat;"
        " ip daddr 10.96.0.1 udp dport 80 dnat to 10.0.0.1:8080; }; }"
    )
    net.place_of["10.96.0.1"] = "p1"
    net.listening["10.96.0.1", "UDP", 80] = net.listening["10.0.0.1", "UDP", 8080]
    for way in ("ingress", "egress"):
        for port, passes in ((8080, True), (80, False)):
            ports = [{"protocol": "UDP", "port": port}]
            load(transaction(None, compiled(closed(way, ports=ports))[0]))
            before = dropped()
            begun = net.connect("10.0.0.0", "10.96.0.1", "UDP", 80)
            holds = begun.passed if passes else partial(has_dropped, before)
            until(f"{way} by the Service, port {port} allowed", holds)


def main() -> None:
    net, found = Net(), []
    table: Table | None = None
    for seed in range(int(sys.argv[1])):
        random = Random(seed)
        known = cluster(random)
        becomes, _ = compiled(known)
        load(transaction(table, becomes))
        table = becomes
        found += try_cluster(net, known, random)
    try_established(net)
    try_service(net)
    print(json.dumps({"passed": found.count(True), "dropped": found.count(False)}))


if __name__ == "__main__":
    main()
