"""Reads agent.json: what an agent is told once, at start. Everything else it watches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path

from testbed.errors import TestbedError
from testbed.json_types import (
    JsonObject,
    as_object,
    get_number,
    get_object,
    get_text,
    get_texts,
)
from testbed.object_fields.reserved import Reserved

IpNetwork = IPv4Network | IPv6Network

TE_MODES = ("bgp", "configmap")


@dataclass(frozen=True)
class SidPair:
    """One SID per inner address family: the node's own End.DT4/End.DT6, or two binding SIDs."""

    v4: IPv6Address
    v6: IPv6Address

    def of(self, family: int) -> IPv6Address:
        """The SID of an inner address family (4 or 6)."""
        return self.v4 if family == 4 else self.v6


@dataclass(frozen=True)
class DirectoryAt:
    """The directory that plays the API in a lab without Kubernetes."""

    path: Path


@dataclass(frozen=True)
class KubernetesAt:
    """A real API, with the address and the certificates in a kubeconfig file."""

    kubeconfig: Path


@dataclass(frozen=True)
class Gateway:
    """The router that a node is attached to, by its addresses on their link.

    `asn`: the AS of its BGP session with the node; `community`: what marks routes for it.
    """

    router: str
    v6: IPv6Address
    v4: IPv4Address | None
    asn: int
    community: str


@dataclass(frozen=True)
class AgentConfig:
    """One node's identity and where its agent finds its surroundings. MTU in bytes.

    `local_sids` None: they are taken from the node's SID pool, reproducibly by node name.
    `services`: address translation must work across SRv6, as kube-proxy needs it. `patient`: nodes
    may be slow, as in software emulation. `reserved`: addresses of the lab that no pool may hold.
    `waypoints`: those that forward by segments; empty where that is not known. `gateway` None:
    no router takes announcements of pods from this node. `subnets`: those of the uplink.
    """

    node: str
    address_v6: IPv6Address
    address_v4: IPv4Address | None
    router_id: str
    uplink: str
    asn: int
    te_mode: str
    pod_mtu: int
    max_segments: int
    local_sids: SidPair | None
    binding_sids: SidPair
    source: DirectoryAt | KubernetesAt
    gobgp_socket: Path
    state_dir: Path
    services: bool = False
    patient: bool = False
    reserved: tuple[Reserved, ...] = ()
    waypoints: frozenset[IPv6Address] = frozenset()
    gateway: Gateway | None = None
    subnets: tuple[IpNetwork, ...] = ()

    @property
    def status_file(self) -> Path:
        """Where the agent writes what it sees, on every reconcile."""
        return self.state_dir / "status.json"

    @property
    def cni_dir(self) -> Path:
        """One file per attached pod interface; survives the agent."""
        return self.state_dir / "cni"

    @property
    def cni_socket(self) -> Path:
        """Where the CNI server listens."""
        return self.state_dir / "cni.sock"


def load(path: Path) -> AgentConfig:
    """Read agent.json; raises TestbedError naming the file and the field."""
    try:
        return parse(as_object(json.loads(path.read_text())))
    except OSError as error:
        raise TestbedError("cannot read", where=str(path), why=error.strerror) from None
    except KeyError as error:
        raise TestbedError(f"field {error} is missing", where=str(path)) from None
    except (ValueError, TypeError, AttributeError) as error:
        raise TestbedError(
            "not a valid agent configuration", where=str(path), why=str(error)
        ) from None


def parse(data: JsonObject) -> AgentConfig:
    """agent.json's content as a config; KeyError, ValueError or TypeError if it is none."""
    te_mode = data["te_mode"]
    if te_mode not in TE_MODES:
        raise ValueError(f"te_mode {te_mode!r} is neither bgp nor configmap")
    v4 = get_text(data, "address_v4") if data.get("address_v4") else None
    sids = get_object(data, "local_sids") if data.get("local_sids") else None
    return AgentConfig(
        node=get_text(data, "node"),
        address_v6=IPv6Address(get_text(data, "address_v6")),
        address_v4=IPv4Address(v4) if v4 else None,
        router_id=str(IPv4Address(get_text(data, "router_id"))),
        uplink=get_text(data, "uplink"),
        asn=get_number(data, "asn"),
        te_mode=str(te_mode),
        pod_mtu=get_number(data, "pod_mtu"),
        max_segments=get_number(data, "max_segments"),
        local_sids=_parse_sids(sids, "dt4", "dt6") if sids else None,
        binding_sids=_parse_sids(get_object(data, "binding_sids"), "v4", "v6"),
        source=_parse_source(get_object(data, "source")),
        gobgp_socket=Path(get_text(data, "gobgp_socket")),
        state_dir=Path(get_text(data, "state_dir")),
        services=bool(data.get("services", False)),
        patient=bool(data.get("patient", False)),
        reserved=(
            *_parse_reserved(get_object({"reserved": {}, **data}, "reserved")),
            *_parse_reserved(get_object({"reserved_sids": {}, **data}, "reserved_sids"), sids=True),
        ),
        waypoints=frozenset(map(IPv6Address, get_texts({"waypoints": [], **data}, "waypoints"))),
        gateway=_parse_gateway(get_object(data, "gateway")) if data.get("gateway") else None,
        subnets=tuple(map(ip_network, get_texts({"subnets": [], **data}, "subnets"))),
    )


def _parse_gateway(data: JsonObject) -> Gateway:
    v4 = get_text(data, "v4") if data.get("v4") else None
    return Gateway(
        router=get_text(data, "router"),
        v6=IPv6Address(get_text(data, "v6")),
        v4=IPv4Address(v4) if v4 else None,
        asn=get_number(data, "asn"),
        community=large_community(get_text(data, "community")),
    )


def large_community(text: str) -> str:
    """A large community such as 64512:1:1, as it was given. Raises ValueError for any other."""
    numbers = text.split(":")
    if len(numbers) != 3 or not all(n.isdecimal() and int(n) < 2**32 for n in numbers):
        raise ValueError(f"{text!r} is no large community such as 64512:1:1")
    return text


def _parse_reserved(owners: JsonObject, sids: bool = False) -> Iterator[Reserved]:
    for owner in owners:
        for text in get_texts(owners, owner):
            yield Reserved(ip_network(text), owner, sids)


def _parse_sids(data: JsonObject, v4: str, v6: str) -> SidPair:
    return SidPair(IPv6Address(get_text(data, v4)), IPv6Address(get_text(data, v6)))


def _parse_source(data: JsonObject) -> DirectoryAt | KubernetesAt:
    if data["kind"] == "directory":
        return DirectoryAt(Path(get_text(data, "path")))
    if data["kind"] == "kubernetes":
        return KubernetesAt(Path(get_text(data, "kubeconfig")))
    raise ValueError(f"source kind {data['kind']!r} is neither directory nor kubernetes")
