"""Brings the devices of the legacy overlays to their wanted state, by diff; see tunnels.py."""

from __future__ import annotations

import json
from typing import Any

from testbed.agent.dataplane.links import has_link
from testbed.agent.dataplane.run import attempt, batch
from testbed.agent.desired.overlays import tunnels
from testbed.agent.desired.overlays.tunnels import Seen, Tunnels
from testbed.errors import MachineUnfit

_TRIED = "pods-try"
_TRIALS = {
    tunnels.IPIP: "type ipip local 192.0.2.1",  # documentation (RFC 5737)
    tunnels.VXLAN: "type vxlan id 1 local 2001:db8::1 dstport 4790",
}


def possible() -> frozenset[str]:
    """The kinds of tunnels that this kernel, and this iproute2, can make. Leaves none behind.

    A module of IP-in-IP is not loaded by asking: it would show a tunl0 in every namespace.
    """
    asked = {kind: kind == tunnels.IPIP and _loadable(kind) for kind in tunnels.KINDS}
    return frozenset(kind for kind, known in asked.items() if known or _accepts(_TRIALS[kind]))


def _loadable(module: str) -> bool:
    """Would this module be there when it is needed? True for a part of the kernel, too."""
    try:
        return attempt(["modprobe", "-n", "-q", module]).returncode == 0
    except MachineUnfit:
        return False


def _accepts(kind: str) -> bool:
    if attempt(["ip", "link", "add", _TRIED, *kind.split()]).returncode:
        return False
    attempt(["ip", "link", "del", "dev", _TRIED])
    return True


def there() -> list[str]:
    """The devices of ours that this network namespace has."""
    return [name for name in tunnels.DEVICES.values() if has_link(name)]


def read() -> Seen:
    """What this network namespace has of them; nothing is asked where there is none."""
    if not there():
        return Seen()
    links = [entry for name in there() for entry in _listed("ip", "-d", "link", "show", name)]
    vxlan = tunnels.DEVICES[tunnels.VXLAN]
    if vxlan not in there():
        return tunnels.parse(links, [], [])
    neighbours = _listed("ip", "-6", "neigh", "show", "nud", "permanent")
    return tunnels.parse(links, neighbours, _listed("bridge", "fdb", "show", "dev", vxlan))


def _listed(program: str, *question: str) -> list[dict[str, Any]]:
    """What `program -j question` lists; nothing where what it asks about has just gone."""
    done = attempt([program, "-j", *question])
    answer = done.stdout.strip() if done.returncode == 0 else ""
    return [entry for entry in json.loads(answer or "[]") if entry]


def apply(wanted: Tunnels) -> list[str]:
    """Make them as wanted; returns what is not so afterwards."""
    seen = read()
    complaints = batch(["ip"], tunnels.links(wanted, seen))
    if complaints or tunnels.links(wanted, seen):
        seen = read()
    changes = tunnels.neighbour_lines(wanted, seen), tunnels.place_lines(wanted, seen)
    complaints += batch(["ip"], changes[0]) + batch(["bridge"], changes[1])
    left = tunnels.faults(wanted, read() if any(changes) else seen)
    why = "; ".join(complaints) or "no error was given"
    return [f"{fault} ({why})" for fault in left]
