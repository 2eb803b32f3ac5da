"""The provider `vagrant`: cluster nodes are virtual machines, each port a tap on a bridge."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from testbed import paths
from testbed.host.progress import Progress
from testbed.host.supervisor import ProgramState
from testbed.plan.model import Node, Plan, Port
from testbed.providers.base import NodeFiles, NodeHandle
from testbed.providers.storage import Storage
from testbed.providers.vagrant import bridges, node
from testbed.providers.vagrant.machines import Files, machines
from testbed.providers.vagrant.preparation import Machines, hardware


class Vagrant:
    """A Provider."""

    def prepare(self, plan: Plan, lab: str, images: Path | None, progress: Progress) -> Machines:
        assert images is not None, "virtual machines run containers"
        return Machines(plan, lab, hardware(plan.box, images, progress))

    def wire(self, plan: Plan) -> str:
        return bridges.bridges(plan)

    def damage(self, plan: Plan) -> list[str]:
        there = {name for _, name in socket.if_nameindex()}
        return [f"interface {m.veth}" for m in machines(plan) if m.veth not in there]

    def port_end(self, plan: Plan, port: Port) -> tuple[str | None, str]:
        return bridges.end(plan, port)

    def appear(self, plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
        node.boot_machines(plan, [n.name for n in nodes], Files.of(storage.directory))

    def provision(self, wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
        with ThreadPoolExecutor(len(wanted)) as pool:
            list(pool.map(self._prepare_guest, wanted.items()))

    def _prepare_guest(self, wanted: tuple[str, NodeFiles]) -> None:
        name, files = wanted
        guest = guest_of(name)
        assert guest is not None, f"{name} was booted"
        guest.prepare(files)

    def remove(self, name: str) -> None:
        """The machine's disk goes too."""
        node.remove_machine(name)

    def find(self, name: str) -> NodeHandle | None:
        return guest_of(name)

    def names(self) -> list[str]:
        return node.machine_names()

    def states(self) -> dict[str, ProgramState]:
        states: dict[str, ProgramState] = {}
        for name in self.names():
            guest = guest_of(name)
            states.update(guest.services.states() if guest else {})
        return states

    def describe(self, plan: Plan) -> dict[str, str] | None:
        file = Files.of(paths.DATA.readlink()).box
        if not file.exists():
            return None
        record = json.loads(file.read_text())
        return {key: record[key] for key in ("name", "version", "asked", "sha256") if key in record}


def guest_of(name: str) -> node.GuestNode | None:
    """The machine of this name, if the node is one; one connection per machine and process."""
    record = node.record_text(name)
    return _connect_once(record) if record is not None else None


@lru_cache
def _connect_once(record: str) -> node.GuestNode:
    return node.of_record(record)
