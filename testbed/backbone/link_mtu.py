"""Finds ports whose MTU is not the plan's, and gives them back what the plan says."""

from __future__ import annotations

import fcntl
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.host.namespaces import in_netns
from testbed.host.run import run
from testbed.plan.model import Plan, Port

_SIOCGIFMTU = 0x8921
_REQUEST = struct.Struct("16si12x")  # struct ifreq: the interface's name, its MTU


@dataclass(frozen=True)
class Resized:
    """A port whose MTU was changed by hand; in bytes."""

    port: Port
    now: int
    wanted: int

    def __str__(self) -> str:
        return f"{self.port.interface} has MTU {self.now} instead of {self.wanted}"


def resized(plan: Plan) -> Iterator[Resized]:
    """The ports of the plan's namespaces that have another MTU than their link or LAN in the plan.

    A LAN's own port is its bridge, which follows its narrowest link until its own MTU is set:
    whether it is wrong by itself or by that link, it is named.
    """
    sizes = {port: link.mtu for link in plan.links for port in (link.a, link.b)}
    sizes |= {lan.port: lan.mtu for lan in plan.lans}
    for node in plan.namespaced:
        with in_netns(node.name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            ports = [port for port in plan.ports_of(node.name) if port in sizes]
            found = {port: _read(asked, port.interface) for port in ports}
        for port, now in found.items():
            if now != sizes[port]:
                yield Resized(port, now, sizes[port])


def restore(one: Resized) -> None:
    """Give the port the plan's MTU."""
    words = ["link", "set", "dev", one.port.interface, "mtu", str(one.wanted)]
    run(["ip", "-n", one.port.node, *words])


def _read(asked: socket.socket, interface: str) -> int:
    answer = fcntl.ioctl(asked, _SIOCGIFMTU, _REQUEST.pack(interface.encode(), 0))
    mtu: int = _REQUEST.unpack(answer)[1]
    return mtu
