"""The interfaces of overlays: which are wanted, which the kernel has, and what differs.

One device per overlay leads to all other nodes; where a packet goes is its route's gateway. Unlike
an SRv6 encapsulation a device is passed by all hooks, so conntrack sees everything and no service
veth is needed (testbed.agent.desired.service_veth).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from testbed.agent.config import AgentConfig
from testbed.agent.desired.overlays import registry, vxlan
from testbed.agent.desired.overlays.base import Device, Overlay, Remote
from testbed.agent.desired.overlays.registry import DEVICE_KINDS, INTERFACES, OVERLAYS
from testbed.agent.model.objects import IPPool
from testbed.json_types import JsonObject, as_object, get_number


@dataclass(frozen=True)
class Tunnels:
    """The wanted devices, and the nodes (by IPv6 address) with entries on the VXLAN one."""

    devices: tuple[Device, ...] = ()
    nodes: tuple[IPv6Address, ...] = ()


@dataclass(frozen=True)
class Seen:
    """The overlays' devices as the kernel has them, and of the VXLAN one its permanent entries."""

    devices: frozenset[Device] = frozenset()
    names: frozenset[str] = frozenset()  # also of a device that is down, or of another kind
    neighbours: frozenset[tuple[str, str]] = frozenset()  # address, MAC
    places: frozenset[tuple[str, str]] = frozenset()  # MAC, node


def wanted_tunnels(
    pools: Iterable[IPPool],
    config: AgentConfig,
    kernel_devices: Iterable[str],
    remote: Mapping[Remote, Overlay],
) -> Tunnels:
    """The devices that the pools ask for, whether or not another node is there yet."""
    kernel_devices = tuple(kernel_devices)
    asked = {
        pool.overlay
        for pool in pools
        if pool.for_pods and not registry.obstacle(pool, config, kernel_devices)
    }
    overlays = [OVERLAYS[name] for name in DEVICE_KINDS if name in asked]
    devices = (
        Device(overlay.name, address, config.pod_mtu)
        for overlay in overlays
        if (address := overlay.outer_address(config)) is not None
    )
    nodes = {
        node
        for overlay in overlays
        for node in overlay.neighbours(r.node for r, by in remote.items() if by is overlay)
    }
    return Tunnels(tuple(devices), tuple(sorted(nodes)))


def creation(device: Device) -> list[str]:
    """Lines for `ip -batch`; it has no address of its own, and so no neighbour discovery."""
    kind = DEVICE_KINDS[device.kind]
    return [
        f"link add {kind.interface} mtu {device.mtu} {kind.options(device.local)}",
        f"link set dev {kind.interface} addrgenmode none",
        f"link set dev {kind.interface} up",
    ]


def parse(
    links: Iterable[JsonObject],
    neighbours: Iterable[JsonObject],
    places: Iterable[JsonObject],
) -> Seen:
    """From `ip -d -j link show`, `ip -j neigh show nud permanent`, `bridge -j fdb show dev …`."""
    ours = [entry for entry in links if entry.get("ifname") in INTERFACES]
    device = vxlan.INTERFACE
    return Seen(
        frozenset(found for entry in ours if (found := _parse_device(entry)) is not None),
        frozenset(str(entry["ifname"]) for entry in ours),
        frozenset((str(n["dst"]), str(n["lladdr"])) for n in neighbours if n.get("dev") == device),
        frozenset((str(p["mac"]), str(p["dst"])) for p in places if "dst" in p),
    )


def _parse_device(entry: JsonObject) -> Device | None:
    info = as_object(entry.get("linkinfo", {}))
    data = as_object(info.get("info_data", {}))
    kind = DEVICE_KINDS.get(str(info.get("info_kind")))
    local = str(data.get("local6") or data.get("local") or "")
    flags = entry["flags"]
    is_up = isinstance(flags, list) and "UP" in flags
    if not is_up or not local or kind is None or kind.interface != entry["ifname"]:
        return None
    if any(data.get(key) != value for key, value in kind.fixed.items()):
        return None
    return Device(str(info.get("info_kind")), ip_address(local), get_number(entry, "mtu"))


def links(want: Tunnels, seen: Seen) -> list[str]:
    """Lines for `ip -force -batch -`: what is not as wanted goes, what is missing comes."""
    missing = [device for device in want.devices if device not in seen.devices]
    fit = (device for device in want.devices if device in seen.devices)
    kept = {DEVICE_KINDS[device.kind].interface for device in fit}
    gone = [f"link del dev {name}" for name in sorted(seen.names - kept)]
    return gone + [line for device in missing for line in creation(device)]


def neighbour_lines(want: Tunnels, seen: Seen) -> list[str]:
    """Lines for `ip -force -batch -` about who is behind the VXLAN device."""
    device = f"dev {vxlan.INTERFACE}"
    entries = {(vxlan.neighbour(node), vxlan.mac(node)) for node in want.nodes}
    stale = {address for address, _ in seen.neighbours - entries} - {a for a, _ in entries}
    new = [
        f"neigh replace {a} lladdr {m} {device} nud permanent" for a, m in entries - seen.neighbours
    ]
    return sorted(new) + [f"neigh del {address} {device}" for address in sorted(stale)]


def place_lines(want: Tunnels, seen: Seen) -> list[str]:
    """Lines for `bridge -force -batch -` about where they are."""
    entries = {(vxlan.mac(node), str(node)) for node in want.nodes}
    new = [f"fdb replace {m} dev {vxlan.INTERFACE} dst {n} self" for m, n in entries - seen.places]
    old = [f"fdb del {m} dev {vxlan.INTERFACE} dst {n} self" for m, n in seen.places - entries]
    return sorted(old) + sorted(new)


def faults(want: Tunnels, seen: Seen) -> list[str]:
    """What is not as wanted, as sentences."""
    return [
        f"the legacy overlays lack: {line}"
        for line in (*links(want, seen), *neighbour_lines(want, seen), *place_lines(want, seen))
    ]
