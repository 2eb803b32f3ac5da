"""Hand-built plans for tests: the paper's eight routers, and grids. No topology code involved."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, IPv6Network

from testbed.plan.model import (
    BindingSids,
    ClusterSpec,
    Link,
    LocalSids,
    Node,
    Plan,
    Port,
    Profile,
    Role,
)

LINKS = [(1, 2), (2, 3), (2, 7), (3, 4), (4, 5), (4, 6), (5, 6), (6, 7), (6, 8), (7, 8)]
# name: router, third octet / hextet, SID pool, End.DT4, End.DT6
CLUSTER = {
    "master": ("r3", 10, "aa", "fcdd::aa:34b8:247c:36da:db44", "fcdd::aa:34b8:247c:36da:db45"),
    "worker1": ("r3", 11, "11aa", "fcdd::11aa:c11:b42f:f17e:a682", "fcdd::11aa:c11:b42f:f17e:a683"),
    "worker2": ("r8", 12, "12aa", "fcdd::12aa:d460:b250:45:b04", "fcdd::12aa:d460:b250:45:b05"),
}


def router(n: int) -> Node:
    return Node(
        name=f"r{n}",
        role=Role.ROUTER,
        number=n,
        loopback_v6=IPv6Address(f"fcff:{n:x}::1"),
        loopback_v4=IPv4Address(f"10.255.{n // 256}.{n % 256}"),
    )


def backbone_link(index: int, a: int, b: int, metric: int = 10, suffix: str = "") -> Link:
    """The index-th link between routers, from 1."""
    network = f"fcf0:0:{a:x}:{b:x}::" if not suffix else f"fcf0:{suffix}:{a:x}:{b:x}::"
    return Link(
        a=_port(f"r{a}", f"r{a}-r{b}{suffix}", f"{network}1/64", f"10.{index}.0.1/16"),
        b=_port(f"r{b}", f"r{b}-r{a}{suffix}", f"{network}2/64", f"10.{index}.0.2/16"),
        metric=metric,
    )


def _port(node: str, interface: str, v6: str | None, v4: str | None = None) -> Port:
    return Port(
        node=node,
        interface=interface,
        v6=IPv6Interface(v6) if v6 else None,
        v4=IPv4Interface(v4) if v4 else None,
    )


def access(at: str, node: str, v6: tuple[str, str], v4: tuple[str, str] | None = None) -> Link:
    ends = v4 or (None, None)
    return Link(
        a=_port(at, f"{at}-{node}", v6[0], ends[0]),
        b=_port(node, f"{node}-{at}", v6[1], ends[1]),
    )


def paper_plan(profile: Profile = "fast", extra: tuple[Link, ...] = ()) -> Plan:
    """r1..r8, one host on r1 and r8, one data centre on r5, gobgp on r3, three cluster nodes."""
    nodes = [router(n) for n in range(1, 9)]
    links = [backbone_link(i, a, b) for i, (a, b) in enumerate(LINKS, 1)]
    for name, at, subnet, data_centre in (
        ("h11", "r1", "fd00:0:11::", False),
        ("h81", "r8", "fd00:0:81::", False),
        ("hdc3", "r5", "fcff:5:1::", True),
    ):
        length = 48 if data_centre else 64
        nodes.append(
            Node(
                name=name,
                role=Role.HOST,
                number=0,
                data_centre=data_centre,
                advertised=data_centre or profile == "fast",
            )
        )
        links.append(access(at, name, (f"{subnet}1/{length}", f"{subnet}2/{length}")))
    nodes.append(Node(name="gobgp", role=Role.INJECTOR, number=0))
    links.append(
        access(
            "r3",
            "gobgp",
            ("fd00:0:34::1/64", "fd00:0:34::2/64"),
            ("192.168.9.3/24", "192.168.9.254/24"),
        )
    )
    for index, (name, (at, octet, pool, dt4, dt6)) in enumerate(CLUSTER.items()):
        nodes.append(cluster_node(name, index, pool, dt4, dt6))
        links.append(
            access(
                at,
                name,
                (f"fd{octet}::1020/64", f"fd{octet}::1000/64"),
                (f"192.168.{octet}.3/24", f"192.168.{octet}.254/24"),
            )
        )
    return Plan(topology="paper", profile=profile, nodes=tuple(nodes), links=(*links, *extra))


def cluster_node(name: str, index: int, pool: str, dt4: str, dt6: str) -> Node:
    return Node(
        name=name,
        role=Role.CLUSTER,
        number=index,
        cluster=ClusterSpec(
            sid_pool=IPv6Network(f"fcdd:0:0:{pool}::/64"),
            local_sids=LocalSids(dt4=IPv6Address(dt4), dt6=IPv6Address(dt6)),
            binding_sids=BindingSids(
                v4=IPv6Address(f"cafe::{index * 2 + 4:x}"),
                v6=IPv6Address(f"cafe::{index * 2 + 5:x}"),
            ),
        ),
    )


def grid(rows: int, columns: int) -> Plan:
    """rows × columns routers, neighbours linked."""
    nodes = tuple(router(n) for n in range(1, rows * columns + 1))
    pairs = []
    for n in range(1, rows * columns + 1):
        if n % columns:
            pairs.append((n, n + 1))
        if n + columns <= rows * columns:
            pairs.append((n, n + columns))
    links = tuple(backbone_link(i, a, b) for i, (a, b) in enumerate(pairs, 1))
    return Plan(topology="grid", nodes=nodes, links=links)
