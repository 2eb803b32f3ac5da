"""libvirt of a lab's own: libvirtd, virtlogd, dnsmasq and QEMU inside the lab's namespaces.

A libvirtd of the host is neither used nor seen: its directories are covered by empty ones, its
sockets lie below the lab's own /run. When the lab's init ends, machines, bridges and taps go too.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from testbed.host import namespaces as ns
from testbed.host.namespaces import MS_NODEV, MS_NOSUID
from testbed.host.run import run
from testbed.host.supervisor import Program, Supervisor
from testbed.host.wait import wait_for
from testbed.paths import LAB
from testbed.providers.vagrant.machines import Files, Machine, Values
from testbed.render.environment import render

ETC = Path("/etc/libvirt")
_COVERED = (ETC, Path("/var/lib/libvirt"), Path("/var/cache/libvirt"), Path("/var/log/libvirt"))
SOCKET = Path("/run/libvirt/libvirt-sock")
URI = "qemu:///system"
_FILES = {
    # root: QEMU reads the lab's directory, which is nobody else's; what confines it is the lab
    "qemu.conf": 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\n'
    "cgroup_controllers = []\nremember_owner = 0\nnamespaces = []\n",
    "libvirtd.conf": 'unix_sock_group = "root"\nunix_sock_rw_perms = "0700"\n'
    'unix_sock_ro_perms = "0700"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n',
    "virtlogd.conf": "",
}


def start(supervisor: Supervisor) -> None:
    """Start libvirt's daemons, in the lab; returns when libvirtd answers. Raises TestbedError."""
    if not (ETC / "testbed").exists():
        _cover_directories()
    supervisor.add([_daemon_program("virtlogd"), _daemon_program("libvirtd")])
    wait_for(
        "libvirtd",
        lambda: (_socket_answers() or None, "no answer"),
        60,
        fix="testbed logs libvirt.libvirtd",
    )


def _cover_directories() -> None:
    """Empty directories of the lab over the host's, with the lab's configuration in them."""
    for directory in _COVERED:
        directory.mkdir(parents=True, exist_ok=True)
        ns.mount("testbed", str(directory), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    for name, text in _FILES.items():
        (ETC / name).write_text(text)
    (ETC / "testbed").touch()


def _daemon_program(name: str) -> Program:
    command = (f"/usr/sbin/{name}", "--config", str(ETC / f"{name}.conf"))
    return Program(f"libvirt.{name}", "", command)


def _socket_answers() -> bool:
    return SOCKET.exists() and virsh("uri", check=False).strip() == URI


def virsh(*arguments: str, check: bool = True, timeout: float = 120.0) -> str:
    """One command of virsh; its output. `timeout` in seconds. Raises TestbedError."""
    return run(["virsh", "-q", "-c", URI, *arguments], timeout=timeout, check=check).stdout


def define(values: Values) -> None:
    """The management network and the pool of disks, unless they are there. Raises TestbedError."""
    if values["management"]["name"] not in virsh("net-list", "--name").split():
        _create_object("net-create", render("vm/network.xml.j2", **values))
    if values["pool"]["name"] not in virsh("pool-list", "--name").split():
        Path(values["pool"]["path"]).mkdir(parents=True, exist_ok=True)
        _create_object("pool-create", render("vm/pool.xml.j2", **values))


def _create_object(command: str, xml: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".xml", dir=LAB) as file:
        file.write(xml)
        file.flush()
        virsh(command, file.name)


def domain(machine: Machine, files: Files) -> str:
    """libvirt's name of a machine."""
    prefix = json.loads(files.values.read_text())["prefix"]
    return f"{prefix}{machine.name}"


def states() -> dict[str, str]:
    """Domain → its state, as virsh words it."""
    names = virsh("list", "--all", "--name").split()
    return {name: virsh("domstate", name).strip() for name in names}
