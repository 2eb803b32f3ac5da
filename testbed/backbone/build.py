"""Builds the network of a plan inside the lab; no process has to stay alive for it."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path

from testbed.backbone.ports import port_end
from testbed.backbone.shaping import shape
from testbed.host.namespaces import in_netns
from testbed.host.run import run
from testbed.paths import NETNS
from testbed.plan.model import Link, Plan, Port
from testbed.providers.registry import provider_of
from testbed.render import network


def build(plan: Plan) -> None:
    """Namespaces, links, addresses and static routes of every node of the plan."""
    run(["ip", "-batch", "-"], stdin=network.namespaces(plan))
    for node in plan.namespaced:
        with in_netns(node.name):
            _write_sysctls(network.sysctls(plan, node))
    run(["ip", "-batch", "-"], stdin=network.links(plan) + provider_of(plan).wire(plan))
    for node in plan.namespaced:
        with in_netns(node.name):
            run(["ip", "-batch", "-"], stdin=network.node(plan, node))
    for link in plan.links:
        shape(plan, link)


def damage(plan: Plan) -> list[str]:
    """Descriptions of the namespaces and interfaces that are missing."""
    nodes = plan.namespaced
    missing = [f"namespace {n.name}" for n in nodes if not _is_pinned(NETNS / n.name)]
    if missing:
        return missing
    for node in nodes:
        with in_netns(node.name):
            names = {name for _, name in socket.if_nameindex()}
        ports = plan.ports_of(node.name)
        missing += [f"interface {p.interface}" for p in ports if p.interface not in names]
    return missing + provider_of(plan).damage(plan)


def _is_pinned(path: Path) -> bool:
    # A pinned namespace is a mount of nsfs; an empty file is what is left of one.
    return path.exists() and path.stat().st_dev != path.parent.stat().st_dev


def _write_sysctls(values: dict[str, str]) -> None:
    for name, value in values.items():
        path = Path("/proc/sys/net") / name
        if path.exists():  # e.g. the IPv4 hash policy of kernels without multipath
            path.write_text(value)


def set_link(plan: Plan, link: Link, up: bool) -> None:
    """Set both ends of a link up or down, as when a cable is cut."""
    state = "up" if up else "down"
    ends = {port: port_end(plan, port) for port in (link.a, link.b)}
    for netns, interface in ends.values():
        inside = ["-n", netns] if netns else []
        run(["ip", *inside, "link", "set", "dev", interface, state])
    for port, (netns, _) in ends.items():
        if up and netns:
            restore_port(plan, port)


def cut_off(plan: Plan, router: str) -> None:
    """Set all of a router's interfaces down at once, as when it loses its power."""
    ports = (link.end(router) for link in plan.links_of(router))
    lines = "".join(f"link set dev {port.interface} down\n" for port in ports)
    run(["ip", "-n", router, "-batch", "-"], stdin=lines)


def restore_port(plan: Plan, port: Port) -> None:
    """Give a port back what the kernel forgets when it goes down: IPv6 addresses, static routes.

    To be called once both ends are up. IPv4 addresses stay.
    """
    device = f"dev {port.interface}"
    lines = [f"addr replace {a} {device} nodad" for a in port.addresses if a.version == 6]
    routes = network.static_routes(plan, plan.node(port.node))
    lines += [route.line("replace") for route in routes if route.interface == port.interface]
    if lines:
        run(["ip", "-n", port.node, "-batch", "-"], stdin="\n".join(lines) + "\n")


def links_down(plan: Plan) -> list[Link]:
    """The links of which an end is down, as their routers see it."""
    ends = {port: link for link in plan.links for port in (link.a, link.b)}
    down = []
    for router in plan.routers:
        listed = json.loads(run(["ip", "-n", router.name, "-j", "link", "show"]).stdout)
        cut = {shown["ifname"] for shown in listed if _is_cut(shown["flags"])}
        down += [ends[port] for port in plan.ports_of(router.name) if port.interface in cut]
    return [link for link in plan.links if link in down]


def _is_cut(flags: Sequence[str]) -> bool:
    """Is the interface down, or the one at the other end?"""
    return "UP" not in flags or "NO-CARRIER" in flags
