"""How a virtual machine's interface comes to be a port: its tap and a veth on one bridge.

The bridge stands in the lab's own network namespace; the veth's other end is in the router's.
"""

from __future__ import annotations

from testbed.plan.model import Plan, Port
from testbed.providers.vagrant.machines import Machine, machines


def bridges(plan: Plan) -> str:
    """`ip -batch` lines for all machines, in the lab's own namespace; none without any."""
    lines = [line for machine in machines(plan) for line in _bridge_lines(plan, machine)]
    return "".join(f"{line}\n" for line in ["link set dev lo up", *lines]) if lines else ""


def end(plan: Plan, port: Port) -> tuple[str | None, str]:
    """Network namespace (None: the lab's own) and interface where a port can be cut or shaped."""
    for machine in machines(plan):
        if machine.name == port.node:
            return None, machine.veth
    return port.node, port.interface


def _bridge_lines(plan: Plan, machine: Machine) -> list[str]:
    link = plan.uplink(machine.name)
    peer = link.peer(machine.name)
    return [
        f"link add dev {machine.bridge} mtu {link.mtu} type bridge stp_state 0 mcast_snooping 0",
        f"link add dev {machine.veth} mtu {link.mtu} type veth "
        f"peer name {peer.interface} mtu {link.mtu} netns {peer.node}",
        f"link set dev {machine.veth} master {machine.bridge} addrgenmode none up",
        f"link set dev {machine.bridge} addrgenmode none up",
    ]
