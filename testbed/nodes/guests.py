"""Cluster nodes that are virtual machines: reached by SSH, programs as systemd units."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import testbed
from testbed.host.files import write_atomically, write_json
from testbed.nodes.handle import Interpreter, NodeFiles
from testbed.render.cluster import NODES
from testbed.vm.guest import Guest
from testbed.vm.machines import Files, Machine
from testbed.vm.payload import BIN, IMAGES, PYTHON
from testbed.vm.services import GuestServices

RECORD = "machine.json"
PREPARED = "/var/lib/testbed/prepared"
CONTAINERD = "/var/lib/containerd"
LIMIT = 300.0  # seconds for one command


def record(machine: Machine, files: Files) -> None:
    """Make a machine known as a node of the lab."""
    directory = Path(NODES) / machine.name
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / RECORD, {**asdict(machine), "files": str(files.directory)})


def forget(name: str) -> None:
    """It is no node any more."""
    (Path(NODES) / name / RECORD).unlink(missing_ok=True)


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
    if text is None:
        return None
    fields = json.loads(text)
    files = Files(Path(fields.pop("files")))
    return GuestNode(Machine(**fields), files)


class GuestNode:
    """See testbed.nodes.handle.NodeHandle."""

    python = Interpreter(("/usr/bin/python3",), {"PYTHONPATH": PYTHON})

    def __init__(self, machine: Machine, files: Files) -> None:
        self.name, self.machine, self.files = machine.name, machine, files

    @cached_property
    def guest(self) -> Guest:
        return Guest(self.machine, self.files)

    @cached_property
    def services(self) -> GuestServices:
        return GuestServices(self.guest, f"{NODES}/{self.name}/logs")

    def alive(self) -> bool:
        return self.guest.answers() and self._ok("test", "-e", PREPARED)

    def prepare(self, wanted: NodeFiles) -> None:
        """Give the guest its files and images."""
        secret = {f"/etc/kubernetes/{path}": text for path, text in wanted.kubernetes.items()}
        self.guest.write(secret, mode=0o600)
        self.guest.write(wanted.files)
        links = [word for path, target in wanted.links.items() for word in (target, path)]
        self.guest.run(["sh", "-ec", _PREPARE, IMAGES, CONTAINERD, PREPARED, *links])

    def listens(self, socket: str) -> bool:
        connect = f"import socket; socket.socket(socket.AF_UNIX).connect({socket!r})"
        return self._ok("python3", "-c", connect)

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
