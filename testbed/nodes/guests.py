"""Cluster nodes that are virtual machines: reached by SSH, programs as systemd units."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import testbed
from testbed.errors import TestbedError
from testbed.host import sysfs
from testbed.host.files import write_atomically, write_json
from testbed.host.supervisor import LOGS_DIR, Program, Supervisor
from testbed.interpreter import own_program
from testbed.nodes.handle import Interpreter, NodeFiles
from testbed.plan.model import Plan
from testbed.render.cluster import NODES
from testbed.vm import libvirt, strays
from testbed.vm.guest import Guest
from testbed.vm.machines import Files, Machine, machines
from testbed.vm.payload import BIN, IMAGES, MODULE, PYTHON
from testbed.vm.services import GuestServices
from testbed.vm.vagrant import Vagrant
from testbed.vm.wake import wake

RECORD = "machine.json"
PREPARED = "/var/lib/testbed/prepared"
CONTAINERD = "/var/lib/containerd"
LIMIT = 300.0  # seconds for one command
VAGRANT_LOG = LOGS_DIR / "vagrant.log"


def record(machine: Machine, files: Files) -> None:
    """Make a machine known as a node of the lab."""
    directory = Path(NODES) / machine.name
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / RECORD, {**asdict(machine), "files": str(files.directory)})


def boot(
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
        strays.clear(absent, files)
        Vagrant(files, VAGRANT_LOG).up([m.name for m in absent], arrived, _Ended(absent, files))
        if files.packages.exists():  # their box knows nothing of us
            from testbed.vm.stock.provision import provision

            provision(absent, files)
    # by a `snapshot save` that was killed: their clocks stood still
    paused = [m for m in absent if states.get(libvirt.domain(m, files)) == "paused"]
    if paused:
        on_all(paused, files, wake)
    know(chosen, files)


def know(there: Sequence[Machine], files: Files) -> None:
    """Make machines that run known as nodes, and keep the lab's view of them."""
    for machine in there:
        record(machine, files)
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


def remove(name: str) -> None:
    """End a machine; its disk goes too. Raises TestbedError."""
    node = known(name)
    if node is None:
        return
    Supervisor().remove([mirror_program(name).name])
    Vagrant(node.files, VAGRANT_LOG).destroy([name])
    shutil.rmtree(Path(NODES) / name)


def mirror_program(name: str) -> Program:
    """What keeps the lab's view of a guest's files: testbed/vm/mirror.py."""
    file = Path(NODES) / name / RECORD
    command = tuple(own_program("testbed.vm.mirror", str(file)))
    return Program(f"{name}.mirror", "", command)


def names() -> list[str]:
    """The nodes that are virtual machines."""
    return sorted(file.parent.name for file in Path(NODES).glob(f"*/{RECORD}"))


def record_text(name: str) -> str | None:
    """What is on record of a machine, if the node is one."""
    try:
        return (Path(NODES) / name / RECORD).read_text()
    except FileNotFoundError:
        return None


def known(name: str) -> GuestNode | None:
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
    for file in (Path(NODES) / node / "cni").glob("*.json"):
        attached = json.loads(file.read_text())
        if attached["name"] == pod:
            return str(attached["netns"])
    return None


def enter_pod(netns: str | None) -> list[str]:
    """The words, in its machine, that run a command in a pod's network namespace, if it is in one.

    The command sees the pod's interfaces in /sys, not the machine's.
    """
    return ["nsenter", f"--net={netns}", "--", *sysfs.WITH_OWN] if netns else []


class GuestNode:
    """See testbed.nodes.handle.NodeHandle."""

    python = Interpreter(MODULE, {"TESTBED_SLOWNESS": "8"})
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
        return self.guest.answers() and self._ok("test", "-e", PREPARED)

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
        return self._ok("sh", "-c", 'ss -lxH | grep -qwF -- "$0"', socket)

    def run(self, argv: Sequence[str], stdin: Path | None = None) -> str:
        data = stdin.read_bytes() if stdin else b""
        return self.guest.run(argv, stdin=data, timeout=LIMIT).stdout

    def give(self, path: Path, text: str) -> None:
        write_atomically(path, text)
        self.guest.write({str(path): text})

    def path_of(self, program: Path) -> Path:
        return program if program.is_relative_to("/usr") else Path(BIN) / program.name

    def package(self, file: Path) -> Path:
        return Path(PYTHON) / file.relative_to(Path(testbed.__file__).parents[1])

    def _ok(self, *argv: str) -> bool:
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
