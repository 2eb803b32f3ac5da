"""What the virtual machines of a lab are called and how they are reached; what Vagrant is told.

All from the plan: the same plan gives the same addresses, and nothing leaves the lab's namespaces.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypedDict

from testbed.plan.model import Link, Node, Plan
from testbed.plan.traits import MANAGEMENT
from testbed.providers.vagrant.box.box import Box

# Between lab and guests alone; each lab has a network namespace of its own, so all have the same.
MANAGEMENT_NAME, MANAGEMENT_BRIDGE = "testbed", "management"
USER = "root"
STOCK_USER = "vagrant"  # of every online box
PAYLOAD, PACKAGES = "testbed-payload", "testbed-packages"  # serials of shared disks
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
        return _mac_address(2, self.number)

    @property
    def management_mac(self) -> str:
        return _mac_address(1, self.number)

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
    return [_machine_of_node(plan, number, node) for number, node in enumerate(plan.cluster)]


def _machine_of_node(plan: Plan, number: int, node: Node) -> Machine:
    link: Link = plan.uplink(node.name)
    return Machine(node.name, number, link.end(node.name).interface, link.mtu)


def _mac_address(kind: int, number: int) -> str:
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
    def fingerprint(self) -> Path:
        """The fingerprint that a snapshot of these machines must match."""
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
    def insecure_key(self) -> Path:
        """The key that opens every stock box; Vagrant puts it there."""
        return self.home / "insecure_private_key"

    @property
    def ssh_config(self) -> Path:
        """For `vagrant ssh`: the lab's known_hosts, and no other."""
        return self.directory / "ssh_config"

    @property
    def box(self) -> Path:
        """Which box was taken, and what it says of itself."""
        return self.directory / "box.json"

    @property
    def packages(self) -> Path:
        """The disk of Debian packages that a stock box may lack."""
        return self.directory / "packages.img"

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

    def seed(self, name: str) -> Path:
        """The same for a machine of a stock box, as a tar."""
        return self.directory / f"{name}.seed.tar"

    def console(self, name: str) -> Path:
        return self.directory / f"{name}.console"


class MachineValues(TypedDict):
    """One machine, as the Vagrantfile reads it; memory in MB."""

    name: str
    cpus: int
    memory: int
    mac: str
    management_mac: str
    address: str
    bridge: str
    initrd: str
    console: str


class PoolValues(TypedDict):
    """The pool of disks."""

    name: str
    path: str


class Values(TypedDict):
    """What the Vagrantfile reads (values.json)."""

    box: str
    box_version: str
    driver: str
    prefix: str
    boot_timeout: int
    kernel: str | None
    cmd_line: str
    disks: list[dict[str, str]]
    ssh: dict[str, object]
    pool: PoolValues
    management: dict[str, object]
    machines: list[MachineValues]


@dataclass(frozen=True)
class Disk:
    """One that all machines share and none can write to."""

    path: Path
    serial: str  # by which a guest finds it
    slot: str  # on the PCI bus, away from those that Vagrant gives


def _ssh_values(box: Box, files: Files) -> dict[str, object]:
    """How Vagrant enters; testbed itself is always root with the lab's key and host keys."""
    if box.stock:
        # the box's own user: by everybody's key at first, by the lab's from then on
        return {"user": STOCK_USER, "keys": [str(files.key), str(files.insecure_key)]}
    return {"user": USER, "keys": [str(files.key)], "config": str(files.ssh_config)}


def cpus(driver: str, count: int, cores: int) -> int:
    """Processors of each of `count` machines on a host of so many cores.

    An emulated machine with more processors than the host can run at once waits for its own locks
    until its kernel gives up: there each has one.
    """
    return CPUS if driver == "kvm" or count * CPUS <= cores else 1


def values(
    plan: Plan, prefix: str, box: Box, driver: str, files: Files, payload: bool = True
) -> Values:
    """What the Vagrantfile reads. `driver` is kvm or qemu, `prefix` begins the domains' names."""
    disks = [Disk(files.payload, PAYLOAD, "0x1e")] if payload else []
    if box.stock:
        disks.append(Disk(files.packages, PACKAGES, "0x1d"))
    return {
        "box": box.name,
        "box_version": box.version,
        "driver": driver,
        "prefix": f"{prefix}_",
        "boot_timeout": BOOT_TIMEOUT,
        "kernel": None if box.stock else str(files.kernel),
        "cmd_line": CMD_LINE,
        "disks": [{**vars(disk), "path": str(disk.path)} for disk in disks],
        "ssh": _ssh_values(box, files),
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
