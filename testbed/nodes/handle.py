"""A cluster node as the rest of the testbed sees it, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from testbed.host.supervisor import Program


class Services(Protocol):
    """A node's programs: started, ended, looked at. Every call raises TestbedError on failure."""

    def ready(self) -> bool:
        """True once it answers."""

    def add(self, programs: Iterable[Program]) -> None:
        """Start programs, all at once; those known already stay as they are."""

    def remove(self, names: Iterable[str]) -> None:
        """Stop programs and forget them."""

    def restart(self, name: str) -> None:
        """Stop and start one program."""

    def stop(self, names: Iterable[str]) -> None:
        """End programs and keep them ended, until they are started again."""

    def start(self, names: Iterable[str]) -> None:
        """Start programs that were stopped."""

    def kill(self, name: str) -> None:
        """kill -9 of a program; it is started anew like any that ends by itself."""

    def states(self) -> dict[str, dict[str, Any]]:
        """By name: statename, pid, description, start (UNIX time) of every program."""


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


class NodeHandle(Protocol):
    """One node of a Kubernetes cluster. Every call raises TestbedError on failure."""

    name: str
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
