"""Cluster nodes that are virtual machines: reached by SSH, programs as systemd units."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_atomically, write_json
from testbed.host.supervisor import Program, Supervisor
from testbed.interpreter import own_program
from testbed.paths import CLONE, LOGS, NODES
from testbed.plan.model import Plan
from testbed.plan.traits import EMULATED
from testbed.providers.base import Interpreter, NodeFiles
from testbed.providers.vagrant import libvirt, orphans
from testbed.providers.vagrant.guest.payload import BIN, IMAGES, MODULE, PYTHON
from testbed.providers.vagrant.guest.resync import resync_guest
from testbed.providers.vagrant.guest.services import GuestServices
from testbed.providers.vagrant.guest.ssh import Guest
from testbed.providers.vagrant.machines import Files, Machine, machines
from testbed.providers.vagrant.remote_netns import GuestNetns
from testbed.providers.vagrant.vagrant import Vagrant

RECORD = "machine.json"
PREPARED = "/var/lib/testbed/prepared"
CONTAINERD = "/var/lib/containerd"
LIMIT = 300.0  # seconds for one command
VAGRANT_LOG = LOGS / "vagrant.log"


def write_record(machine: Machine, files: Files) -> None:
    """Make a machine known as a node of the lab."""
    directory = NODES / machine.name
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / RECORD, {**asdict(machine), "files": str(files.directory)})


def boot_machines(
    plan: Plan,
    wanted: Sequence[str],
    files: Files,
    arrived: Callable[[str], None] = lambda _name: None,
) -> None:
    """Boot those machines that do not run, all at once; returns when each answers by SSH.

    `arrived` hears of each as soon as it does. Raises TestbedError.
    """
    states = libvirt.states()
    chosen = [machine for machine in machines(plan) if machine.name in wanted]
    absent = [
        m
        for m in chosen
        if record_text(m.name) is None or states.get(libvirt.domain(m, files)) != "running"
    ]
    if absent:
        orphans.clear(absent, files)
        Vagrant(files, VAGRANT_LOG).up([m.name for m in absent], arrived, _Ended(absent, files))
        if files.packages.exists():  # their box knows nothing of us
            from testbed.providers.vagrant.stock.provision import provision

            provision(absent, files)
    # by a `snapshot save` that was killed: their clocks stood still
    paused = [m for m in absent if states.get(libvirt.domain(m, files)) == "paused"]
    if paused:
        on_all(paused, files, resync_guest)
    register_machines(chosen, files)


def register_machines(there: Sequence[Machine], files: Files) -> None:
    """Make machines that run known as nodes, and keep the lab's view of them."""
    for machine in there:
        write_record(machine, files)
    Supervisor().add([mirror_program(machine.name) for machine in there])


def on_all(there: Sequence[Machine], files: Files, do: Callable[[Guest], None]) -> None:
    """The same for several machines at once, each over a connection of its own.

    Raises what the first of them raises.
    """

    def one(machine: Machine) -> None:
        guest = Guest(machine, files)
        try:
            do(guest)
        finally:
            guest.close()

    with ThreadPoolExecutor(len(there)) as pool:
        list(pool.map(one, there))


class _Ended:
    """In words, the machine that ran and runs no more; empty while there is none."""

    def __init__(self, booting: Sequence[Machine], files: Files) -> None:
        self._domains = {libvirt.domain(machine, files): machine.name for machine in booting}
        self._ran: set[str] = set()

    def __call__(self) -> str:
        try:
            states = libvirt.states()
        except TestbedError:  # libvirtd is being started anew
            return ""
        running = {name for name, state in states.items() if state == "running"}
        gone = (self._ran - running) & states.keys()
        self._ran |= running & self._domains.keys()
        names = ", ".join(sorted(self._domains[name] for name in gone))
        return f"virtual machine {names} ended while it booted" if gone else ""


def remove_machine(name: str) -> None:
    """End a machine; its disk goes too. Raises TestbedError."""
    node = find_machine(name)
    if node is None:
        return
    Supervisor().remove([mirror_program(name).name])
    Vagrant(node.files, VAGRANT_LOG).destroy([name])
    shutil.rmtree(NODES / name)


def mirror_program(name: str) -> Program:
    """The program that keeps the lab's copy of a guest's status files."""
    file = NODES / name / RECORD
    command = tuple(own_program("testbed.providers.vagrant.guest.status_mirror_main", str(file)))
    return Program(f"{name}.mirror", "", command)


def machine_names() -> list[str]:
    """The nodes that are virtual machines."""
    return sorted(file.parent.name for file in NODES.glob(f"*/{RECORD}"))


def record_text(name: str) -> str | None:
    """What is on record of a machine, if the node is one."""
    try:
        return (NODES / name / RECORD).read_text()
    except FileNotFoundError:
        return None


def find_machine(name: str) -> GuestNode | None:
    """The node of this name, if it is a virtual machine."""
    text = record_text(name)
    return None if text is None else of_record(text)


def of_record(text: str) -> GuestNode:
    """The node that is on record."""
    fields = json.loads(text)
    files = Files(Path(fields.pop("files")))
    return GuestNode(Machine(**fields), files)


def pod_netns(node: str, pod: str) -> str | None:
    """Where, in its machine, an attached pod has its network namespace."""
    for file in (NODES / node / "cni").glob("*.json"):
        attached = json.loads(file.read_text())
        if attached["name"] == pod:
            return str(attached["netns"])
    return None


class GuestNode:
    """See testbed.providers.base.NodeHandle."""

    python = Interpreter(MODULE, {"TESTBED_SLOWNESS": str(EMULATED)})
    own_kernel = True
    pace = 0.5

    def __init__(self, machine: Machine, files: Files) -> None:
        self.name, self.machine, self.files = machine.name, machine, files

    @cached_property
    def guest(self) -> Guest:
        return Guest(self.machine, self.files)

    @cached_property
    def services(self) -> GuestServices:
        return GuestServices(self.guest, f"{NODES}/{self.name}/logs")

    def kernel(self) -> str:
        return self.run(["uname", "-r"]).strip()

    def alive(self) -> bool:
        return self.guest.answers() and self._succeeds("test", "-e", PREPARED)

    def trouble(self) -> str:
        domain = libvirt.domain(self.machine, self.files)
        state = libvirt.states().get(domain, "gone")
        if state != "running":
            return f"virtual machine {self.name} is {state}; `testbed up` makes the lab whole"
        if not self.guest.answers():
            return f"virtual machine {self.name} runs, but does not answer"
        return ""

    def prepare(self, wanted: NodeFiles) -> None:
        """Give the guest its files and images."""
        secret = {f"/etc/kubernetes/{path}": text for path, text in wanted.kubernetes.items()}
        self.guest.write(secret, mode=0o600)
        self.guest.write(wanted.files)
        links = [word for path, target in wanted.links.items() for word in (target, path)]
        self.guest.run(["sh", "-ec", _PREPARE, IMAGES, CONTAINERD, PREPARED, *links])

    def listens(self, socket: str) -> bool:
        return self._succeeds("sh", "-c", 'ss -lxH | grep -qwF -- "$0"', socket)

    def run(self, argv: Sequence[str], stdin: Path | None = None) -> str:
        data = stdin.read_bytes() if stdin else b""
        return self.guest.run(argv, stdin=data, timeout=LIMIT).stdout

    def give(self, path: Path, text: str) -> None:
        write_atomically(path, text)
        self.guest.write({str(path): text})

    def path_of(self, program: Path) -> Path:
        return program if program.is_relative_to("/usr") else Path(BIN) / program.name

    def package(self, file: Path) -> Path:
        return Path(PYTHON) / file.relative_to(CLONE)

    def root(self) -> Path | None:
        return None

    def remote_netns(self, pod: str | None = None) -> GuestNetns:
        return GuestNetns(self, pod_netns(self.name, pod) if pod else None)

    def _succeeds(self, *argv: str) -> bool:
        return self.guest.run(argv, check=False).returncode == 0


# $0 images, $1 containerd's directory, $2 the mark; then pairs of target and path
_PREPARE = """
[ -d "$1/io.containerd.metadata.v1.bolt" ] || { rm -rf "$1"; cp -a "$0" "$1"; }
mark=$2; shift 2
while [ $# -gt 0 ]; do
    mkdir -p "$(dirname "$2")"; ln -sfn "$1" "$2"; shift 2
done
touch "$mark"
"""
