"""Brings the devices of the legacy overlays to their wanted state, by diff."""

from __future__ import annotations

from testbed.agent.dataplane.links import has_link
from testbed.agent.dataplane.run import attempt, batch, parse_list, understood
from testbed.agent.desired.overlays import devices, vxlan
from testbed.agent.desired.overlays.base import DeviceKind
from testbed.agent.desired.overlays.devices import Seen, Tunnels
from testbed.agent.desired.overlays.registry import DEVICE_KINDS, INTERFACES
from testbed.errors import MachineUnfit
from testbed.json_types import JsonObject

_TRIED = "pods-try"


def possible() -> frozenset[str]:
    """Overlays whose devices this kernel, and this iproute2, can make. Leaves none behind."""
    return frozenset(name for name, kind in DEVICE_KINDS.items() if _is_possible(kind))


def _is_possible(kind: DeviceKind) -> bool:
    return bool(kind.module and _is_loadable(kind.module)) or _accepts_device(kind.trial)


def _is_loadable(module: str) -> bool:
    """Would this module be there when it is needed? True for a part of the kernel, too."""
    try:
        return attempt(["modprobe", "-n", "-q", module]).returncode == 0
    except MachineUnfit:
        return False


def _accepts_device(options: str) -> bool:
    if attempt(["ip", "link", "add", _TRIED, *options.split()]).returncode:
        return False
    attempt(["ip", "link", "del", "dev", _TRIED])
    return True


def present() -> list[str]:
    """The devices of ours that this network namespace has."""
    return [name for name in INTERFACES if has_link(name)]


def read() -> Seen:
    """What this network namespace has of them; nothing is asked where there is none."""
    if not present():
        return Seen()
    links = [
        entry for name in present() for entry in _list_objects("ip", "-d", "link", "show", name)
    ]
    neighbours: list[JsonObject] = []
    places: list[JsonObject] = []
    if vxlan.INTERFACE in present():
        neighbours = _list_objects("ip", "-6", "neigh", "show", "nud", "permanent")
        places = _list_objects("bridge", "fdb", "show", "dev", vxlan.INTERFACE)
    with understood(["ip", "-d", "link", "show"]):
        return devices.parse(links, neighbours, places)


def _list_objects(program: str, *question: str) -> list[JsonObject]:
    """What `program -j question` lists; nothing where what it asks about has just gone."""
    done = attempt([program, "-j", *question])
    with understood([program, "-j", *question]):
        return parse_list(done.stdout) if done.returncode == 0 else []


def apply(wanted: Tunnels) -> list[str]:
    """Make them as wanted; returns what is not so afterwards."""
    seen = read()
    complaints = batch(["ip"], devices.links(wanted, seen))
    if complaints or devices.links(wanted, seen):
        seen = read()
    changes = devices.neighbour_lines(wanted, seen), devices.place_lines(wanted, seen)
    complaints += batch(["ip"], changes[0]) + batch(["bridge"], changes[1])
    left = devices.faults(wanted, read() if any(changes) else seen)
    why = "; ".join(complaints) or "no error was given"
    return [f"{fault} ({why})" for fault in left]
