"""The legacy overlays, chosen by a pool: IP-in-IP (RFC 2003) and VXLAN (RFC 7348). Pure.

One device per kind leads to all other nodes. Where a packet goes is its route's gateway: with
IP-in-IP the other node's IPv4 address; with VXLAN, over IPv6, a neighbour that stands in for the
node, with an entry that says where its MAC is found. Unlike an SRv6 encapsulation a device is
passed by all hooks, so conntrack sees everything and no service veth is needed
(testbed.agent.desired.service_veth).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from testbed.agent.config import AgentConfig
from testbed.agent.desired.routes import Hop
from testbed.agent.model.objects import IPPool, Objects

IPIP, VXLAN = "ipip", "vxlan"
KINDS = (IPIP, VXLAN)
WORDS = {IPIP: "IP-in-IP", VXLAN: "VXLAN"}
DEVICES = {IPIP: "pods-ipip", VXLAN: "pods-vxlan"}
VNI, PORT = 4096, 4789  # Calico's network identifier, and the port of RFC 7348


@dataclass(frozen=True)
class Device:
    """A tunnel's own end. `local` is this node's outer address, `mtu` the pods' (bytes)."""

    kind: str
    local: IPv4Address | IPv6Address
    mtu: int

    @property
    def name(self) -> str:
        """Its interface."""
        return DEVICES[self.kind]

    def creation(self) -> list[str]:
        """Lines for `ip -batch`; it has no address of its own, and so no neighbour discovery."""
        kind = {
            IPIP: f"type ipip local {self.local} ttl 64",
            VXLAN: f"address {mac(self.local)} type vxlan id {VNI} local {self.local} "
            f"dstport {PORT} nolearning",
        }[self.kind]
        return [
            f"link add {self.name} mtu {self.mtu} {kind}",
            f"link set dev {self.name} addrgenmode none",
            f"link set dev {self.name} up",
        ]


@dataclass(frozen=True)
class Tunnels:
    """The wanted devices, and the nodes (by IPv6 address) that VXLAN leads to."""

    devices: tuple[Device, ...] = ()
    nodes: tuple[IPv6Address, ...] = ()


@dataclass(frozen=True)
class Seen:
    """The tunnels' devices as the kernel has them, and of the VXLAN one its permanent entries."""

    devices: frozenset[Device] = frozenset()
    names: frozenset[str] = frozenset()  # also of a device that is down, or of another kind
    neighbours: frozenset[tuple[str, str]] = frozenset()  # address, MAC
    places: frozenset[tuple[str, str]] = frozenset()  # MAC, node


def mac(node: IPv4Address | IPv6Address) -> str:
    """The MAC of a node's VXLAN device: locally administered, and everybody can compute it."""
    digest = hashlib.sha256(str(node).encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (2, *digest[:5]))


def neighbour(node: IPv6Address) -> str:
    """The link-local address by which routes name a node behind the VXLAN device."""
    bits = int(mac(node).replace(":", ""), 16)
    return str(IPv6Address(int(IPv6Address("fe80::")) + bits))


def obstacle(pool: IPPool, config: AgentConfig, kinds: Iterable[str]) -> str:
    """Why pods of this pool cannot be served here; empty if they can. `kinds`: of this kernel."""
    if pool.overlay not in KINDS or not pool.for_pods:
        return ""
    if pool.overlay not in kinds:
        return f"this node's kernel has no {WORDS[pool.overlay]}"
    if pool.overlay == IPIP and pool.family == 6:
        return "IP-in-IP carries IPv4 only"
    if pool.overlay == IPIP and config.address_v4 is None:
        return "IP-in-IP needs an IPv4 address of this node"
    return ""


def wanted(
    pools: Iterable[IPPool], config: AgentConfig, kinds: Iterable[str], nodes: Iterable[IPv6Address]
) -> Tunnels:
    """The devices that the pools ask for, whether or not another node is there yet."""
    kinds = tuple(kinds)
    asked = {p.overlay for p in pools if p.for_pods and not obstacle(p, config, kinds)}
    local = {IPIP: config.address_v4, VXLAN: config.address_v6}
    devices = tuple(
        Device(kind, address, config.pod_mtu)
        for kind in KINDS
        if kind in asked and (address := local[kind]) is not None
    )
    return Tunnels(devices, tuple(sorted(set(nodes))) if VXLAN in asked else ())


def hop(overlay: str, node: IPv6Address, objects: Objects) -> Hop | str:
    """The way to a node's pods, or why there is none."""
    if overlay == VXLAN:
        return Hop(DEVICES[VXLAN], via=neighbour(node))
    v4 = next((n.v4 for n in objects.nodes if n.v6 == node), None)
    return Hop(DEVICES[IPIP], via=str(v4)) if v4 else f"no IPv4 address of {node} is known"


def parse(
    links: Iterable[Mapping[str, Any]],
    neighbours: Iterable[Mapping[str, Any]],
    places: Iterable[Mapping[str, Any]],
) -> Seen:
    """From `ip -d -j link show`, `ip -j neigh show nud permanent`, `bridge -j fdb show dev …`."""
    ours = [entry for entry in links if entry.get("ifname") in DEVICES.values()]
    device = DEVICES[VXLAN]
    return Seen(
        frozenset(found for entry in ours if (found := _device(entry)) is not None),
        frozenset(str(entry["ifname"]) for entry in ours),
        frozenset((str(n["dst"]), str(n["lladdr"])) for n in neighbours if n.get("dev") == device),
        frozenset((str(p["mac"]), str(p["dst"])) for p in places if "dst" in p),
    )


def _device(entry: Mapping[str, Any]) -> Device | None:
    info = entry.get("linkinfo", {})
    data = info.get("info_data", {})
    kind = str(info.get("info_kind"))
    local = str(data.get("local6") or data.get("local") or "")
    if "UP" not in entry["flags"] or not local or DEVICES.get(kind) != entry["ifname"]:
        return None
    address = IPv6Address(local) if ":" in local else IPv4Address(local)
    if kind == VXLAN and (data.get("id"), data.get("port")) != (VNI, PORT):
        return None
    return Device(kind, address, int(entry["mtu"]))


def links(want: Tunnels, seen: Seen) -> list[str]:
    """Lines for `ip -force -batch -`: what is not as wanted goes, what is missing comes."""
    missing = [device for device in want.devices if device not in seen.devices]
    kept = {device.name for device in want.devices} - {device.name for device in missing}
    gone = [f"link del dev {name}" for name in sorted(seen.names - kept)]
    return gone + [line for device in missing for line in device.creation()]


def neighbour_lines(want: Tunnels, seen: Seen) -> list[str]:
    """Lines for `ip -force -batch -` about who is behind the VXLAN device."""
    device = f"dev {DEVICES[VXLAN]}"
    entries = {(neighbour(node), mac(node)) for node in want.nodes}
    stale = {address for address, _ in seen.neighbours - entries} - {a for a, _ in entries}
    new = [
        f"neigh replace {a} lladdr {m} {device} nud permanent" for a, m in entries - seen.neighbours
    ]
    return sorted(new) + [f"neigh del {address} {device}" for address in sorted(stale)]


def place_lines(want: Tunnels, seen: Seen) -> list[str]:
    """Lines for `bridge -force -batch -` about where they are."""
    entries = {(mac(node), str(node)) for node in want.nodes}
    new = [f"fdb replace {m} dev {DEVICES[VXLAN]} dst {n} self" for m, n in entries - seen.places]
    old = [f"fdb del {m} dev {DEVICES[VXLAN]} dst {n} self" for m, n in seen.places - entries]
    return sorted(old) + sorted(new)


def faults(want: Tunnels, seen: Seen) -> list[str]:
    """What is not as wanted, as sentences."""
    return [
        f"the legacy overlays lack: {line}"
        for line in (*links(want, seen), *neighbour_lines(want, seen), *place_lines(want, seen))
    ]
