"""What the rest of the testbed knows of cluster nodes, whatever they are made of.

A provider makes nodes of one kind. It is a folder with the same files as the others: `provider.py`
(this protocol) and `node.py` (one node).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from testbed.host.progress import Progress
from testbed.host.supervisor import Program, ProgramState, Supervisor
from testbed.plan.model import Node, Plan, Port
from testbed.providers.storage import Storage


class Services(Protocol):
    """A node's programs: started, ended, looked at. Every call raises TestbedError on failure."""

    def ready(self) -> bool:
        """True once it answers."""

    def add(self, programs: Iterable[Program]) -> None:
        """Start programs, all at once; those known already stay as they are."""

    def remove(self, names: Iterable[str]) -> None:
        """Stop programs and forget them."""

    def stop(self, names: Iterable[str]) -> None:
        """End programs and keep them ended, until they are started again."""

    def start(self, names: Iterable[str]) -> None:
        """Start programs that were stopped."""

    def kill(self, name: str) -> None:
        """kill -9 of a program; it is started anew like any that ends by itself."""

    def states(self) -> dict[str, ProgramState]:
        """The state of every program, by name."""


@dataclass(frozen=True)
class Interpreter:
    """How a module of the testbed is run on a node."""

    command: tuple[str, ...]  # followed by the module and its arguments
    environment: Mapping[str, str]


@dataclass(frozen=True)
class NodeFiles:
    """What a node is to hold before its programs start: absolute path → text, or link target."""

    kubernetes: Mapping[str, str]  # below /etc/kubernetes, secret
    files: Mapping[str, str]
    links: Mapping[str, str]


class RemoteNetns(Protocol):
    """The network of a node or pod on another kernel."""

    def run(self, command: Sequence[str], check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command there as root. Raises TestbedError if it fails and that is checked."""

    def become(self, command: Sequence[str], prompt: str | None) -> None:
        """Replace this process by a command there; the exit code is the command's."""


class NodeHandle(Protocol):
    """One cluster node. Every call raises TestbedError on failure."""

    name: str
    own_kernel: bool  # what runs on it is not seen from the lab, and many can be asked at once
    python: Interpreter
    pace: float  # seconds between two looks at it while one waits for something

    @property
    def services(self) -> Services:
        """Its programs."""

    def kernel(self) -> str:
        """The release of its kernel; a machine has one of its own."""

    def alive(self) -> bool:
        """True if the node is there and was prepared."""

    def trouble(self) -> str:
        """Why the node as a whole is not there, and what to look at; empty if it is."""

    def listens(self, socket: str) -> bool:
        """True if somebody answers at a unix socket of the node."""

    def run(self, argv: Sequence[str], stdin: Path | None = None) -> str:
        """Run a command on the node as root; its output."""

    def give(self, path: Path, text: str) -> None:
        """Write a file of the node's directory, which lab and node see under the same path."""

    def path_of(self, program: Path) -> Path:
        """Where the node has a program of this machine."""

    def package(self, file: Path) -> Path:
        """Where the node has a file of the testbed's own package."""

    def root(self) -> Path | None:
        """The node's root as the lab sees it; None where it cannot."""

    def remote_netns(self, pod: str | None = None) -> RemoteNetns | None:
        """The network of the node, or of a pod on it; None if that is a namespace of the lab."""


class Preparation(Protocol):
    """A plan's nodes before they are there: what they are made from was chosen outside the lab."""

    @property
    def machines(self) -> Sequence[str]:
        """The nodes that must boot before they are given anything."""

    def begin(self, supervisor: Supervisor, fresh: bool) -> None:
        """Start what nodes need before they can boot; the process is inside the lab.

        `fresh`: nothing of an earlier lab counts. Raises TestbedError.
        """

    def boot(self, arrived: Callable[[str], None]) -> None:
        """Boot all machines at once; `arrived` hears of each that answers. Raises TestbedError."""


class Provider(Protocol):
    """What cluster nodes are made of; chosen by testbed.providers.registry.

    Every call raises TestbedError on failure.
    """

    def prepare(self, plan: Plan, lab: str, images: Path | None, progress: Progress) -> Preparation:
        """Choose and make what the nodes of a lab are made from; the process is outside of it.

        `images` is the image store that nodes start with, if pods are containers.
        """

    def wire(self, plan: Plan) -> str:
        """`ip -batch` lines, in the lab's own namespace, that join nodes to their routers' links.

        Links between namespaces of the lab are made already (testbed.render.network).
        """

    def damage(self, plan: Plan) -> list[str]:
        """Interfaces of the lab's own namespace that wire() made and that are gone, in words."""

    def port_end(self, plan: Plan, port: Port) -> tuple[str | None, str]:
        """Namespace (None: the lab's own) and interface where a node's port is cut or shaped."""

    def appear(self, plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
        """Have nodes that can be given something; what runs already stays as it is."""

    def provision(self, wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
        """Give nodes, by name, their files and images; returns when all are alive."""

    def remove(self, name: str) -> None:
        """End a node and all of it."""

    def find(self, name: str) -> NodeHandle | None:
        """The node of this name, if it is one of this provider's."""

    def names(self) -> list[str]:
        """The nodes of this provider that have a supervisor of their own."""

    def states(self) -> dict[str, ProgramState]:
        """Every program that this provider's nodes run, by name; see Services.states()."""

    def describe(self, plan: Plan) -> dict[str, str] | None:
        """What the nodes were made from, for `status`; None where that says nothing."""
