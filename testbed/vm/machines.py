"""What the virtual machines of a lab are called and how they are reached; what Vagrant is told.

All from the plan: the same plan gives the same addresses, and nothing leaves the lab's namespaces.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from testbed.plan.model import Link, Node, Plan
from testbed.vm.box import Box

# Between lab and guests alone; each lab has a network namespace of its own, so all have the same.
MANAGEMENT = IPv4Network("192.168.121.0/24")
MANAGEMENT_NAME, MANAGEMENT_BRIDGE = "testbed", "management"
USER = "root"
BOOT_TIMEOUT = 300  # seconds; software emulation on a busy machine
CPUS, MEMORY = 2, 2048  # per machine, as in the paper; MB
# console: the first words of a guest that does not come up. Nobody attacks a guest from inside.
CMD_LINE = (
    "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet mitigations=off random.trust_cpu=on "
    "apparmor=0 audit=0 systemd.show_status=false"
)
_FIRST_HOST = 10


@dataclass(frozen=True)
class Machine:
    """A cluster node as a virtual machine."""

    name: str
    number: int  # position among the cluster nodes of the plan
    port: str  # its interface towards the router, as a node in a namespace calls it
    mtu: int  # bytes

    @property
    def address(self) -> IPv4Address:
        """Where the lab reaches it, apart from the plan's own network."""
        return MANAGEMENT[_FIRST_HOST + self.number]

    @property
    def mac(self) -> str:
        """Of the port."""
        return _mac(2, self.number)

    @property
    def management_mac(self) -> str:
        return _mac(1, self.number)

    @property
    def bridge(self) -> str:
        """In the lab: joins the machine's tap to the veth that ends in the router."""
        return f"vm{self.number}"

    @property
    def veth(self) -> str:
        """The bridge's end of that veth."""
        return f"vm{self.number}-port"


def machines(plan: Plan) -> list[Machine]:
    """One per cluster node, those that join later too."""
    return [_machine(plan, number, node) for number, node in enumerate(plan.cluster)]


def _machine(plan: Plan, number: int, node: Node) -> Machine:
    link: Link = plan.uplink(node.name)
    return Machine(node.name, number, link.end(node.name).interface, link.mtu)


def _mac(kind: int, number: int) -> str:
    """Locally administered, QEMU's prefix."""
    return f"52:54:00:{kind:02x}:{number >> 8:02x}:{number & 255:02x}"


@dataclass(frozen=True)
class Files:
    """Where a lab keeps what its machines need, on disk."""

    directory: Path

    @classmethod
    def of(cls, data: Path) -> Files:
        """Below a lab's directory on disk."""
        return cls(data / "vm")

    @property
    def values(self) -> Path:
        """What the Vagrantfile reads."""
        return self.directory / "values.json"

    @property
    def made_of(self) -> Path:
        """What a snapshot of these machines fits to: testbed.vm.made_of."""
        return self.directory / "made-of.json"

    @property
    def key(self) -> Path:
        """The private key that opens the guests."""
        return self.directory / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def home(self) -> Path:
        """VAGRANT_HOME"""
        return self.directory / "home"

    @property
    def dotfiles(self) -> Path:
        """VAGRANT_DOTFILE_PATH"""
        return self.directory / "dotfiles"

    @property
    def pool(self) -> Path:
        """The disks."""
        return self.directory / "pool"

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def payload(self) -> Path:
        """The disk of programs that all machines share."""
        return self.directory / "payload.img"

    def initrd(self, name: str) -> Path:
        """The box's initrd with what this one machine is given."""
        return self.directory / f"{name}.initrd"

    def console(self, name: str) -> Path:
        return self.directory / f"{name}.console"


def cpus(driver: str, count: int, cores: int) -> int:
    """Processors of each of `count` machines on a host of so many cores.

    An emulated machine with more processors than the host can run at once waits for its own locks
    until its kernel gives up: there each has one.
    """
    return CPUS if driver == "kvm" or count * CPUS <= cores else 1


def values(
    plan: Plan, prefix: str, box: Box, driver: str, files: Files, payload: bool = True
) -> dict[str, Any]:
    """What the Vagrantfile reads. `driver` is kvm or qemu, `prefix` begins the domains' names."""
    return {
        "box": box.name,
        "driver": driver,
        "prefix": f"{prefix}_",
        "boot_timeout": BOOT_TIMEOUT,
        "kernel": str(files.kernel),
        "cmd_line": CMD_LINE,
        "payload": str(files.payload) if payload else None,
        "ssh": {"user": USER, "key": str(files.key)},
        "pool": {"name": "testbed", "path": str(files.pool)},
        "management": {
            "name": MANAGEMENT_NAME,
            "bridge": MANAGEMENT_BRIDGE,
            "network": str(MANAGEMENT),
            "gateway": str(MANAGEMENT[1]),
            "prefix_length": MANAGEMENT.prefixlen,
            "range": [str(MANAGEMENT[_FIRST_HOST]), str(MANAGEMENT[-2])],
        },
        "machines": [
            {
                "name": machine.name,
                "cpus": cpus(driver, len(plan.cluster), os.cpu_count() or 1),
                "memory": MEMORY,
                "mac": machine.mac,
                "management_mac": machine.management_mac,
                "address": str(machine.address),
                "bridge": machine.bridge,
                "initrd": str(files.initrd(machine.name)),
                "console": str(files.console(machine.name)),
            }
            for machine in machines(plan)
        ],
    }
