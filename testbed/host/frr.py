"""FRR as this machine has it. What differs between its versions is told here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from testbed.errors import MachineUnfit
from testbed.host.run import run

DIRECTORY = Path("/usr/lib/frr")
TRIED = ((8, 4), (10, 3))
Version = tuple[int, int]
# From here on zebra gets its configuration by mgmtd as well. Without one it tries to connect every
# 10 ms for ever, and logs each failure.
_MGMTD = (10, 0)


@dataclass(frozen=True)
class Daemon:
    """One of a router's daemons.

    `socket`: what it makes in the router's directory of sockets once others can talk to it.
    `has_file`: it takes a configuration file; mgmtd has no option for one. `runs`: on
    every router, at the `edge` where cluster nodes are attached, or with `bfd` in the plan.
    """

    name: str
    socket: str
    has_file: bool = True
    runs: Literal["always", "edge", "bfd"] = "always"

    @property
    def program(self) -> Path:
        return DIRECTORY / self.name


def daemons(version: Version) -> tuple[Daemon, ...]:
    """What a router runs, in the order of their start."""
    routing = (
        Daemon("zebra", "zserv.api"),
        Daemon("bfdd", "bfdd.vty", runs="bfd"),
        Daemon("isisd", "isisd.vty"),
        Daemon("bgpd", "bgpd.vty", runs="edge"),
    )
    return (
        (Daemon("mgmtd", "mgmtd_be.sock", has_file=False), *routing)
        if version >= _MGMTD
        else routing
    )


def parse_version(said: str) -> Version:
    """The version in what `zebra --version` says; raises ValueError if none is."""
    found = re.search(r"version (\d+)\.(\d+)", said)
    if not found:
        raise ValueError(f"no version in {said.strip()[:80]!r}")
    return int(found[1]), int(found[2])


@cache
def installed() -> tuple[Daemon, ...]:
    """The daemons of a router here. Raises MachineUnfit: FRR, or one of them, is not there."""
    said = version_line()
    try:
        found = daemons(parse_version(said))
    except ValueError:
        raise MachineUnfit("the version of FRR is not known", why=said, fix="make deps") from None
    missing = [daemon.name for daemon in found if not daemon.program.exists()]
    if missing:
        raise MachineUnfit(f"FRR has no {missing[0]}", where=str(DIRECTORY), fix="make deps")
    return found


def version_line() -> str:
    """What zebra says of its version. Raises MachineUnfit if it is not there."""
    zebra = DIRECTORY / "zebra"
    if not zebra.exists():
        raise MachineUnfit("FRR is not installed", where=str(zebra), fix="make deps")
    said = run([str(zebra), "--version"], check=False).stdout
    return (said.splitlines() or ["zebra says nothing of its version"])[0]
