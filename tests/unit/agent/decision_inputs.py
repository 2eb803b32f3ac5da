"""Inputs of the decision, made up: worker1 with a peer, a policy, pools, ConfigMaps."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

from hypothesis import strategies as st

from testbed.agent.config import AgentConfig, parse
from testbed.agent.desired import routes
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.underlay import Underlay
from testbed.agent.desired.underlay import parse as parse_underlay
from testbed.agent.desired.wanted import Wanted
from testbed.agent.ipam.addresses import affinity_name
from testbed.agent.model import read_objects
from testbed.agent.model.objects import Objects
from testbed.bgp import unicast
from testbed.bgp.model import Announcement, Family, ReceivedPath
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import (
    BEHAVIOR_OF_FAMILY,
    Candidate,
    Segment,
    SegmentList,
    best_effort,
)

ME, W2, MASTER, INJECTOR = (IPv6Address(f"fd{n}::1000") for n in (11, 12, 10, 34))
SID4, SID6 = IPv6Address("fcdd:0:0:12aa::b04"), IPv6Address("fcdd:0:0:12aa::b05")
R6, R8 = IPv6Address("fcff:6::1"), IPv6Address("fcff:8::1")
B4, B6 = "172.16.1.0/26", "fdfb::40/122"
OWN4 = ip_network("172.16.0.0/26")
CLAIMED = (B4, B6, "172.18.1.0/26", "fd18::40/122")  # by worker2


def config(**changes: Any) -> AgentConfig:
    return parse({
        "node": "worker1", "address_v6": str(ME), "address_v4": "192.168.11.254",
        "router_id": "192.168.11.254", "uplink": "up", "asn": 64512, "te_mode": "bgp",
        "pod_mtu": 1284, "max_segments": 3,
        "local_sids": {"dt4": "fcdd:0:0:11aa::a682", "dt6": "fcdd:0:0:11aa::a683"},
        "binding_sids": {"v4": "cafe::1c2", "v6": "cafe::1c3"},
        "source": {"kind": "directory", "path": "/api"},
        "gobgp_socket": "/s", "state_dir": "/d", **changes,
    })  # fmt: skip


def pool(name: str, cidr: str, **spec: Any) -> dict[str, Any]:
    return {"kind": "IPPool", "metadata": {"name": name}, "spec": {"cidr": cidr, **spec}}


def api(*more: dict[str, Any]) -> Objects:
    documents = [
        pool("v4", "172.16.0.0/16", natOutgoing=True),
        pool("v6", "fdfb::/48"),
        pool("sr-localsids-pool-worker1", "fcdd:0:0:11aa::/64"),
        pool("sr-policies-pool", "cafe::/118"),
        *(claim("worker2", block) for block in CLAIMED),
        *more,
    ]
    if "worker2" not in [d["metadata"]["name"] for d in more]:
        documents.append(node("worker2", W2))
    return read_objects.read(("api", d) for d in documents)


def node(name: str, *addresses: IPv6Address) -> dict[str, Any]:
    listed = [{"type": "InternalIP", "address": str(a)} for a in addresses]
    return {"kind": "Node", "metadata": {"name": name}, "status": {"addresses": listed}}


def claim(node: str, block: str) -> dict[str, Any]:
    spec = {"node": node, "cidr": block}
    name = affinity_name(ip_network(block))
    return {"kind": "BlockAffinity", "metadata": {"name": name}, "spec": spec}


def config_map(name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "calico-vpp-dataplane"}
    return {"kind": "ConfigMap", "metadata": metadata, "data": data}


def te(sid: str = str(SID4), traffic: str = "IPv4", *waypoints: str) -> str:
    listed = "".join(f"\n      - {item}" for item in (*(waypoints or (str(R6), str(R8))), sid))
    return (
        "localsids:\n  DT4: fcdd:0:0:11aa::1\n  DT6: fcdd:0:0:11aa::2\n"
        f"node: worker1\npolicies:\n  - bsid: cafe::4\n    node: {W2}\n"
        f"    segment_list:{listed}\n    traffic: {traffic}\n"
    )


MODE = config_map("testbed-config", CALICOVPP_SRV6_TE="configmap")


def received(announcement: Announcement, peer: IPv6Address) -> ReceivedPath:
    return ReceivedPath(str(peer), announcement.family, announcement.nlri, announcement.attrs)


def prefix(text: str, next_hop: IPv6Address = W2, peer: IPv6Address = W2) -> ReceivedPath:
    return received(unicast.announce(ip_network(text), next_hop), peer)


def policy(
    candidate: Candidate, peer: IPv6Address = INJECTOR, targets: tuple[str, ...] = ()
) -> ReceivedPath:
    attrs = codec.encode_attributes(
        candidate, candidate.endpoint, [IPv4Address(target) for target in targets]
    )
    return ReceivedPath(
        str(peer), Family.IPV6_SRPOLICY, codec.encode_nlri(candidate.key), attrs
    )  # fmt: skip


def steered(*waypoints: IPv6Address, sid: IPv6Address = SID4, family: int = 4, weight: int = 1,
            **more: Any) -> Candidate:  # fmt: skip
    segments = (*(Segment(w) for w in waypoints), Segment(sid, BEHAVIOR_OF_FAMILY[family]))
    lists = (SegmentList(segments, weight),)
    return Candidate(**{"endpoint": W2, "segment_lists": lists, "color": 94, **more})


PEERED = (
    prefix(B4),
    prefix(B6),
    policy(best_effort(W2, 4, SID4, IPv6Address("cafe::4")), W2),
    policy(best_effort(W2, 6, SID6, IPv6Address("cafe::5")), W2),
)
BASE = Inputs(config(), objects=api(), blocks=(OWN4,), paths=PEERED)


def route(wanted: Wanted, to: str) -> routes.Route | None:
    return routes.by_key(wanted.routes).get((routes.MAIN, to))


def segments(wanted: Wanted, to: str = B4) -> list[tuple[str, ...]]:
    found = route(wanted, to)
    return [hop.segments for hop in found.hops] if found else []


def status_of(inputs: Inputs) -> Any:
    """status.json, but for what only the process knows."""
    return node_status(inputs, decide(inputs)).to_json()


def underlay_of(*listed: dict[str, Any]) -> Underlay:
    return parse_underlay(listed)


def why(wanted: Wanted, source: str) -> str:
    return next(item.why for item in wanted.evaluated if item.entry.origin == source)


# Paths of peers, in any order, some of them garbage.
CANDIDATES = st.builds(
    lambda waypoints, endpoint, sid, family, preference, distinguisher, color, weight, alone, drop:
    policy(
        steered(*waypoints, endpoint=endpoint, sid=sid, family=family, weight=weight,
                preference=preference, distinguisher=distinguisher, color=color,
                specified_sid_only=alone, drop_upon_invalid=drop)),
    st.lists(st.sampled_from([R6, R8]), max_size=3),
    st.sampled_from([W2, MASTER, ME]),
    st.sampled_from([SID4, SID6]),
    st.sampled_from([4, 6]),
    st.sampled_from([1, 11, 100, 200]),
    st.integers(0, 3),
    st.sampled_from([4, 6, 94]),
    st.sampled_from([0, 1, 5]),
    st.booleans(),
    st.booleans(),
)  # fmt: skip
GARBAGE = st.builds(
    ReceivedPath,
    st.sampled_from([str(W2), str(INJECTOR)]),
    st.sampled_from(list(Family)),
    st.binary(max_size=30),
    st.binary(max_size=60),
)
PREFIXES = st.builds(
    prefix,
    st.sampled_from([B4, B6, "172.16.2.0/26", "172.16.0.0/26", "::/0"]),
    st.sampled_from([W2, MASTER, ME]),
    st.sampled_from([W2, MASTER, INJECTOR]),
)
PATHS = st.lists(CANDIDATES | GARBAGE | PREFIXES | st.sampled_from(PEERED), max_size=12)
