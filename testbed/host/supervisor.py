"""The lab's supervisor (supervisord, PID 1 of the lab), over its unix socket."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from testbed import paths
from testbed.errors import TestbedError
from testbed.host.restart_with import BEARS, LEADER, MINDS_CLOCK
from testbed.host.run import on_node
from testbed.host.told import say_program

DEAD = ("STOPPED", "EXITED", "FATAL")
ANEW = "`testbed down`, then `testbed up`"


@dataclass(frozen=True)
class Place:
    """Where a supervisor keeps its files: the lab's own, or that of a node with an init."""

    directory: Path
    own_netns: bool = False  # True: its programs are in the right network namespace already
    open_files: int = 1024  # that it may have to hold at once

    @property
    def socket(self) -> Path:
        return self.directory / "supervisor.sock"

    @property
    def programs(self) -> Path:
        return self.directory / "programs"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def conf(self) -> str:
        """The supervisord.conf of this place."""
        return f"""\
[supervisord]
nodaemon=true
user=root
logfile={self.logs}/supervisord.log
logfile_maxbytes=1MB
loglevel=warn
pidfile={self.directory}/supervisord.pid
minfds={self.open_files}
childlogdir={self.logs}
[unix_http_server]
file={self.socket}
chmod=0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[rpcinterface:follow]
supervisor.rpcinterface_factory=testbed.host.restart_with:make
[include]
files={self.programs}/*.conf
"""


LAB = Place(paths.LAB)


@dataclass(frozen=True)
class Program:
    """A daemon of the lab: restarted whenever it ends, until it is removed."""

    name: str
    node: str  # the network namespace it runs in; empty: the lab's own
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    restarts_with: str = ""  # the program that it must start after, and anew with
    bears: float = 0.0  # seconds of that one's absence after which it need not start anew
    followed_by: str = ""  # the program that restarts with this one
    minds_clock: bool = False  # starts anew when the clock was set back

    def started_as(self, place: Place = LAB) -> list[str]:
        """The command by which the supervisor starts it."""
        if self.node and not place.own_netns:
            return on_node(self.node, self.command)
        return [*self.command]

    def conf(self, place: Place = LAB) -> str:
        """Its supervisord section."""
        command = self.started_as(place)
        told = dict(self.environment)
        if self.restarts_with:
            told |= {LEADER: self.restarts_with, BEARS: str(self.bears)}
        if self.minds_clock:
            told[MINDS_CLOCK] = "1"
        environment = ",".join(f'{k}="{v}"' for k, v in sorted(told.items()))
        lines = [
            f"[program:{self.name}]",
            f"command={shlex.join(command)}".replace("%", "%%"),
            "autorestart=true",
            "startsecs=1",
            "startretries=1000000",
            "stopwaitsecs=2",
            "redirect_stderr=true",
            f"stdout_logfile={place.logs / self.name}.log",
            "stdout_logfile_maxbytes=5MB",
            "stdout_logfile_backups=1",
        ]
        if environment:
            lines.append(f"environment={environment}".replace("%", "%%"))
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class ProgramState:
    """What a supervisor says of one program. Times are UNIX seconds; 0 is never, pid 0 is none."""

    name: str
    statename: str  # RUNNING, STARTING, BACKOFF, STOPPING, STOPPED, EXITED, FATAL, UNKNOWN
    pid: int
    description: str
    start: int
    stop: int

    @property
    def since(self) -> str:
        """Since when it runs or does not, for people: with the date, as labs stand for days."""
        moment = self.start if self.statename == "RUNNING" else self.stop or self.start
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


class Supervisor:
    """Adds, removes, restarts and lists programs. Every call raises TestbedError on failure."""

    def __init__(self, place: Place = LAB) -> None:
        self.place = place

    @property
    # Any: XML-RPC has no types; whoever calls checks what comes back
    def _connect(self) -> Any:
        """A connection per call: one that failed cannot be used again."""
        from supervisor.xmlrpc import SupervisorTransport

        return ServerProxy(
            "http://lab", transport=SupervisorTransport(None, None, f"unix://{self.place.socket}")
        )

    def ready(self) -> bool:
        """True once it answers."""
        try:
            return bool(self._connect.supervisor.getState()["statecode"] == 1)
        except (OSError, HTTPException, Fault):
            return False

    def add(self, programs: Iterable[Program]) -> None:
        """Start programs, all at once; those known already stay as they are."""
        programs = list(programs)
        for program in programs:
            file = self.place.programs / f"{program.name}.conf"
            file.write_text(program.conf(self.place))
        added = self._call_rpc("reloadConfig")[0][0]
        for program in programs:
            if program.name in added:
                say_program(program.started_as(self.place), program.node)
        self._call_each([("addProcessGroup", name) for name in added])

    def remove(self, names: Iterable[str]) -> None:
        """Stop programs and forget them."""
        names = list(names)
        self._call_each([("stopProcessGroup", name) for name in names])
        for name in names:
            (self.place.programs / f"{name}.conf").unlink(missing_ok=True)
        self._call_rpc("reloadConfig")
        self._call_each([("removeProcessGroup", name) for name in names])

    def stop(self, names: Iterable[str]) -> None:
        """End programs and keep them ended, until they are started again."""
        self._call_each([("stopProcess", name) for name in names])

    def start(self, names: Iterable[str]) -> None:
        """Start programs that were stopped."""
        self._call_each([("startProcess", name) for name in names])

    def kill(self, name: str) -> None:
        """kill -9 of a program; it is started anew like any that ends by itself."""
        self._call_rpc("signalProcess", name, "KILL")

    def revive(self) -> list[str]:
        """Start what does not run and is not about to; returns the names."""
        dead = [n for n, p in self.states().items() if p.statename in DEAD]
        self._call_each([("startProcess", name) for name in dead])
        return dead

    def failing(self) -> list[str]:
        """Programs that cannot be started or end at once, each with the reason."""
        return [
            f"{name} {state.statename} ({state.description})"
            for name, state in sorted(self.states().items())
            if state.statename in ("BACKOFF", "FATAL")
        ]

    def unsettled(self, programs: Iterable[Program]) -> list[str]:
        """Names of those that do not run yet, or are to start anew with another program."""
        states, stale = self.states(), self._call_rpc("stale", interface="follow")
        return [
            program.name
            for program in programs
            if states[program.name].statename != "RUNNING" or program.name in stale
        ]

    def states(self) -> dict[str, ProgramState]:
        """The state of every program, by name."""
        names = [field.name for field in fields(ProgramState)]
        told = self._call_rpc("getAllProcessInfo")
        return {str(p["name"]): ProgramState(**{name: p[name] for name in names}) for p in told}

    def _call_rpc(self, method: str, *args: Any, interface: str = "supervisor") -> Any:
        try:
            return getattr(getattr(self._connect, interface), method)(*args)
        except (OSError, HTTPException, Fault) as error:
            raise TestbedError(
                f"the lab's supervisor did not do {method}: {error}",
                fix=ANEW,
                exit_code=1,
            ) from None

    def _call_each(self, calls: list[tuple[str, str]]) -> None:
        """Several calls in one round trip; what is in the wanted state already is fine."""
        if not calls:
            return
        batch = [{"methodName": f"supervisor.{m}", "params": [a]} for m, a in calls]
        try:
            self._connect.system.multicall(batch)
        except (OSError, HTTPException, Fault) as error:
            raise TestbedError(f"the lab's supervisor: {error}", fix=ANEW, exit_code=1) from None
