"""Derives a cluster's address families, Service ranges, DNS and API server address from a plan."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from testbed.errors import TestbedError
from testbed.plan.checks.overlaps import Claim, claims, overlapping
from testbed.plan.model import Node, Plan
from testbed.plan.problems import Problem

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

API_PORT = 6443
DOMAIN = "cluster.local"
SERVICES: dict[int, IpNetwork] = {
    4: IPv4Network("10.96.0.0/16"),
    6: IPv6Network("fd00:10:96::/112"),
}
DNS_HOST = 10  # 10.96.0.10 and fd00:10:96::a


def control_plane(plan: Plan) -> Node:
    """The node that runs etcd and the API server. Raises TestbedError unless there is just one."""
    found = [n for n in plan.cluster if n.cluster and n.cluster.control_plane]
    if len(found) != 1:
        raise TestbedError(
            f"Kubernetes needs one control plane node; this plan has {len(found)}",
            where=plan.topology,
            why=f"cluster nodes: {', '.join(n.name for n in plan.cluster) or 'none'}",
            fix="give one cluster node control_plane=True",
        )
    return found[0]


def families(plan: Plan) -> tuple[int, ...]:
    """Families of pods and Services (4, 6), the primary one first.

    The API server demands an address of its own in the primary family, so IPv4 comes first only
    where the control plane has an IPv4 address. Raises TestbedError if no family is possible.
    """
    pods = tuple(f for f, pool in ((4, plan.pools.pods_v4), (6, plan.pools.pods_v6)) if pool)
    if plan.address_v4(control_plane(plan).name) is None:
        pods = pods[::-1]
        if pods == (4,):
            raise TestbedError(
                "IPv4-only pods need a control plane with an IPv4 address",
                where=plan.topology,
                why="the API server's Service and its own address are of one family",
                fix="give that node an IPv4 address, or the plan an IPv6 pod pool",
            )
    if not pods:
        raise TestbedError(
            "the plan has no pod pool",
            where=plan.topology,
            fix="pods_v4 = '172.16.0.0/16' in the topology's class, or pods_v6",
        )
    return pods


def node_addresses(plan: Plan, node: Node) -> list[IpAddress]:
    """The node's addresses, that of the primary family first."""
    both = (plan.address_v4(node.name), plan.address_v6(node.name))
    present: list[IpAddress] = [a for a in both if a is not None]
    return sorted(present, key=lambda a: a.version != families(plan)[0])


def service_ranges(plan: Plan) -> list[IpNetwork]:
    """The ranges of ClusterIPs, primary first."""
    return [SERVICES[f] for f in families(plan)]


def dns_addresses(plan: Plan) -> list[IpAddress]:
    """The ClusterIPs of the cluster's DNS, primary first."""
    return [network[DNS_HOST] for network in service_ranges(plan)]


def pod_ranges(plan: Plan) -> list[IpNetwork]:
    """The pod pools of the plan, primary first."""
    pools = {4: plan.pools.pods_v4, 6: plan.pools.pods_v6}
    return [pool for f in families(plan) if (pool := pools[f]) is not None]


def problems(plan: Plan, management: IPv4Network | None) -> list[Problem]:
    """Why this plan cannot carry Kubernetes, apart from what families() raises.

    `management`: the network that nodes have besides the plan's, if any.
    """
    kinds = {SERVICES[f]: "range of Services" for f in families(plan)}
    if management is not None:
        kinds[management] = "machines' management network"
    own = [Claim(network, "Kubernetes", kind, kind, None) for network, kind in kinds.items()]
    return [
        Problem(
            what=f"{claim.kind} {claim.network} overlaps the {other.kind} {other.network}",
            subject=claim.owner,
            fix=f"choose a network outside of {other.network}",
            where=claim.where,
        )
        for claim, other in overlapping([*own, *claims(plan)])
        if other in own
    ]


def api_url(plan: Plan) -> str:
    """The URL of the API server, at the control plane's IPv6 address."""
    return f"https://[{plan.address_v6(control_plane(plan).name)}]:{API_PORT}"
