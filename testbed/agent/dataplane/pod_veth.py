"""Wires one pod: a veth pair between the node's namespace (this process's) and the pod's."""

from __future__ import annotations

from testbed.agent.dataplane.run import attempt, listed, run
from testbed.agent.dataplane.sysctl import set_switch
from testbed.agent.model.attachment import GATEWAY_V4, GATEWAY_V6, HOST_MAC, Attachment
from testbed.errors import TestbedError
from testbed.json_types import JsonObject, get_objects, get_text

# In the pod: IPv6 on and no duplicate address detection, which would delay the first packet.
_IN_POD = """
set -e
conf=/proc/sys/net/ipv6/conf/$1
if [ -d "$conf" ]; then echo 0 > "$conf/disable_ipv6"; echo 0 > "$conf/accept_dad"; fi
exec ip -batch -
"""


def attach(attachment: Attachment, mtu: int) -> None:
    """Create and configure both ends; raises TestbedError and leaves nothing on failure.

    A half-made pair of an earlier try is replaced.
    """
    host = attachment.host_interface
    detach(host)
    try:
        run(["ip", "-batch", "-"], _render_host_link(attachment, mtu))
        _set_host_switches(host)
        run(_command_inside(attachment.netns, attachment.interface), _render_pod_lines(attachment))
        run(["ip", "-batch", "-"], _render_host_up(attachment))
    except TestbedError:
        detach(host)
        raise


def _render_host_link(attachment: Attachment, mtu: int) -> str:
    host, pod = attachment.host_interface, attachment.interface
    return (
        f"link add {host} address {HOST_MAC} mtu {mtu} type veth "
        f"peer name {pod} mtu {mtu} netns {attachment.netns}\n"
    )


def _set_host_switches(host: str) -> None:
    for name, value in (
        (f"ipv6/conf/{host}/disable_ipv6", "0"),
        (f"ipv6/conf/{host}/accept_dad", "0"),
        (f"ipv6/conf/{host}/accept_ra", "0"),
        (f"ipv6/conf/{host}/forwarding", "1"),
        (f"ipv6/conf/{host}/seg6_enabled", "0"),  # pods do not choose paths in the underlay
        (f"ipv4/conf/{host}/rp_filter", "0"),
    ):
        set_switch(name, value)


def _render_host_up(attachment: Attachment) -> str:
    """The pod's IPv4 gateway lives on every host end; it answers ARP without proxy or delay."""
    host = attachment.host_interface
    lines = [f"link set {host} up"]
    if attachment.ipv4:
        lines.insert(0, f"address add {GATEWAY_V4}/32 dev {host} scope link")
    return "\n".join(lines) + "\n"


def _render_pod_lines(attachment: Attachment) -> str:
    pod = attachment.interface
    lines = ["link set lo up", f"link set {pod} up"]
    if attachment.ipv4:
        lines += [
            f"address add {attachment.ipv4}/32 dev {pod}",
            f"route add {GATEWAY_V4}/32 dev {pod} scope link",
            f"route add 0.0.0.0/0 via {GATEWAY_V4} dev {pod}",
        ]
    if attachment.ipv6:
        lines += [
            f"address add {attachment.ipv6}/128 dev {pod} nodad",
            f"route add ::/0 via {GATEWAY_V6} dev {pod}",
        ]
    return "\n".join(lines) + "\n"


def _command_inside(netns: str, interface: str) -> list[str]:
    return ["nsenter", f"--net={netns}", "--", "sh", "-c", _IN_POD, "sh", interface]


def detach(host: str) -> None:
    """Remove the pair (its other end goes with it); nothing happens if there is none."""
    attempt(["ip", "link", "del", "dev", host])


def _show_link(host: str) -> JsonObject | None:
    try:
        found = listed(["ip", "-j", "link", "show", "dev", host])
    except TestbedError:
        return None
    return found[0] if found else None


def host_mac(host: str) -> str | None:
    """MAC address of the node's end, None if it does not exist."""
    found = _show_link(host)
    return get_text(found, "address") if found else None


def faults(attachment: Attachment) -> list[str]:
    """What is not as attach() made it; empty when all is well."""
    if _show_link(attachment.host_interface) is None:
        return [f"{attachment.host_interface} is gone from the node"]
    found = _show_pod_link(attachment)
    if found is None:
        return [f"{attachment.interface} is gone from {attachment.netns}"]
    present = {a.get("local") for a in get_objects({"addr_info": [], **found}, "addr_info")}
    return [
        f"{attachment.interface} has lost {address}"
        for address in (attachment.ipv4, attachment.ipv6)
        if address and address not in present
    ]


def pod_mac(attachment: Attachment) -> str:
    """MAC address of the pod's end, empty if it cannot be seen."""
    found = _show_pod_link(attachment)
    return get_text(found, "address") if found else ""


def _show_pod_link(attachment: Attachment) -> JsonObject | None:
    show = ["ip", "-j", "address", "show", "dev", attachment.interface]
    try:
        found = listed(["nsenter", f"--net={attachment.netns}", "--", *show])
    except TestbedError:
        return None
    return found[0] if found else None
