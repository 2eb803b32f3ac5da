"""Cluster nodes that are namespaces with an init of their own: programs of their supervisord."""

from __future__ import annotations

import platform
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host import told
from testbed.host.files import write_atomically
from testbed.host.supervisor import Supervisor
from testbed.interpreter import MODULE
from testbed.providers.base import Interpreter
from testbed.providers.namespaces.services import init_pid, supervisor_of

LIMIT = 300.0  # seconds for one command


class NamespaceNode:
    """A NodeHandle. Lab and node share the node's directory and programs."""

    python = Interpreter(MODULE, {})
    own_kernel = False
    pace = 0.02

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def services(self) -> Supervisor:
        return supervisor_of(self.name)

    def kernel(self) -> str:
        return platform.release()

    def alive(self) -> bool:
        return init_pid(self.name) is not None

    def trouble(self) -> str:
        if self.alive():
            return ""
        return f"{self.name}: its init has ended; `testbed logs {self.name}.init`"

    def listens(self, path: str) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(f"/proc/{init_pid(self.name)}/root{path}")
            return True
        except OSError:
            return False

    def run(self, argv: Sequence[str], stdin: Path | None = None) -> str:
        pid = init_pid(self.name)
        if pid is None:
            raise TestbedError(f"{self.name} is not up", fix="testbed status", exit_code=1)
        with (stdin or Path("/dev/null")).open("rb") as data, told.on_node(self.name):
            done = subprocess.run(
                ["nsenter", "-t", str(pid), "-a", "--", *argv],
                stdin=data,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=LIMIT,
            )
        if done.returncode != 0:
            raise TestbedError(
                f"{self.name}: {' '.join(argv[:4])} failed",
                why=done.stderr.strip()[-500:],
                exit_code=1,
            )
        return done.stdout

    def give(self, path: Path, text: str) -> None:
        write_atomically(path, text)

    def path_of(self, program: Path) -> Path:
        return program

    def package(self, file: Path) -> Path:
        return file

    def root(self) -> Path | None:
        return Path(f"/proc/{init_pid(self.name)}/root")

    def remote_netns(self, pod: str | None = None) -> None:
        """Node and pods are namespaces of this kernel."""
