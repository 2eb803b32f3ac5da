"""What one machine is given at its start: names, keys, and its port's addresses. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.paths import NODE_SHARE
from testbed.plan.model import Plan
from testbed.providers.vagrant.box import cpio
from testbed.providers.vagrant.machines import PAYLOAD, Machine
from testbed.render import network
from testbed.render.environment import render

# systemd's own defaults would filter and so drop what SRv6 brings
_SYSCTL = "/etc/sysctl.d/90-testbed.conf"


@dataclass(frozen=True)
class HostKey:
    """An SSH host key: OpenSSH's private form, and the public line."""

    private: str = field(repr=False)
    public: str


def seed(plan: Plan, machine: Machine, host_key: HostKey, authorized: str) -> dict[str, cpio.Entry]:
    """Path in the initrd → file. The box's first script copies /seed over the root."""
    given = own(plan, machine, host_key, authorized)
    given["etc/systemd/network/10-management.link"] = cpio.file(
        render("vm/uplink.link.j2", mac=machine.management_mac, name="management", mtu=None)
    )
    return {f"seed/{path}": entry for path, entry in given.items()}


def own(plan: Plan, machine: Machine, host_key: HostKey, authorized: str) -> dict[str, cpio.Entry]:
    """Path in the guest, without leading slash → file; whatever box it is of."""
    node = plan.node(machine.name)
    device = machine.port.replace("-", "\\x2d")
    unit, mount = "testbed-network.service", "opt-testbed.mount"
    return {
        "etc/hostname": cpio.file(f"{machine.name}\n"),
        "etc/machine-id": cpio.file(_machine_id(machine.name) + "\n"),
        "etc/hosts": cpio.file(f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {machine.name}\n"),
        "root": cpio.directory(0o700),
        "root/.ssh": cpio.directory(0o700),
        "root/.ssh/authorized_keys": cpio.file(authorized + "\n", 0o600),
        "etc/ssh/ssh_host_ed25519_key": cpio.file(host_key.private, 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": cpio.file(host_key.public + "\n"),
        "etc/systemd/network/10-uplink.link": cpio.file(
            render("vm/uplink.link.j2", mac=machine.mac, name=machine.port, mtu=machine.mtu)
        ),
        _SYSCTL.lstrip("/"): cpio.file(_sysctl_text(network.sysctls(plan, node), machine.port)),
        "etc/testbed/network.batch": cpio.file(network.node(plan, node)),
        f"etc/systemd/system/{unit}": cpio.file(
            render(f"vm/{unit}.j2", node=machine.name, device=device)
        ),
        f"etc/systemd/system/multi-user.target.wants/{unit}": cpio.link(f"../{unit}"),
        f"etc/systemd/system/{mount}": cpio.file(
            render(f"vm/{mount}.j2", serial=PAYLOAD, where=NODE_SHARE)
        ),
        f"etc/systemd/system/local-fs.target.wants/{mount}": cpio.link(f"../{mount}"),
        # where the lab and a node share files; a guest keeps its own over a reboot
        "etc/tmpfiles.d/testbed.conf": cpio.file("L /run/testbed - - - - /var/lib/testbed\n"),
        f"var/lib/testbed/nodes/{machine.name}/logs": cpio.directory(),
    }


def _sysctl_text(values: Mapping[str, str], port: str) -> str:
    """The port may be older than what is said of ports to come."""
    of_port = {name.replace("/default/", f"/{port}/"): value for name, value in values.items()}
    return "".join(f"net/{name}={value}\n" for name, value in {**values, **of_port}.items())


def _machine_id(name: str) -> str:
    return hashlib.md5(f"testbed {name}".encode()).hexdigest()
