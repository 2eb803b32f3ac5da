"""The labs of this machine: one directory each under /run/testbed, one init process each."""

from __future__ import annotations

import io
import json
import os
import re
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host import lab_cgroups, lab_data, namespaces
from testbed.host.lab_init_main import netns_inode, start_time
from testbed.host.lock import LockHeld, locked_directory
from testbed.host.wait import wait_for
from testbed.interpreter import own_program
from testbed.paths import LABS

BUILT = "built"  # in a lab's directory, once its network stands
MODE = 0o711  # of a lab's directory: its plan is for everybody, its other files are not listed
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class LabDir:
    """What the host knows of one lab. Files here are all that a lab has outside its init."""

    name: str
    root: Path = LABS

    @property
    def path(self) -> Path:
        return self.root / self.name

    @property
    def plan_file(self) -> Path:
        """The plan as `up` was given it: the yardstick of the next `up`."""
        return self.path / "plan.json"

    @property
    def up_command(self) -> str:
        """The command that goes on where `up` was: as it was given, where that is on record."""
        try:
            recorded = self.up_file.read_text(errors="replace").strip()
        except OSError:
            recorded = ""
        return recorded or f"testbed up -n {self.name}"

    @property
    def up_file(self) -> Path:
        """The command that `up` was, with the lab's topology and options."""
        return self.path / "up"

    @property
    def built(self) -> bool:
        """True once the lab's network stands."""
        return (self.path / BUILT).exists()

    @property
    def data(self) -> Path:
        """What a Kubernetes lab keeps on disk: images, volumes, etcd, its authority's keys.

        Where that is says the lab's claim; the environment only where a new lab has it.
        """
        claim = lab_data.own(self.name, self._claim)
        return claim.data if claim else lab_data.place(self.name)

    @property
    def has_data(self) -> bool:
        """True if its data is there, with its mark."""
        return lab_data.own(self.name, self._claim) is not None

    @property
    def claims_data(self) -> bool:
        """True if there is a claim to data: with them, or left by a killed command."""
        return lab_data.claimed(self.name, self._claim)

    @property
    def strange_data(self) -> list[str]:
        """What lies where its data would and is not its own, and why."""
        return lab_data.strange(self.name, self._claim)

    @property
    def _claim(self) -> Path:
        return self.path / "data.json"

    @property
    def _record(self) -> Path:
        return self.path / "init.json"

    @property
    def _log(self) -> Path:
        """What the init says of itself; the lab's own log is inside."""
        return self.path / "init.log"

    @contextmanager
    def locked(self, patience: float = 0.0) -> Iterator[int]:
        """One up or down at a time; gives the lock's descriptor, which start_init passes on.

        Waits up to `patience` seconds. Raises TestbedError when another is still at it.
        """
        try:
            with locked_directory(self.path, patience, MODE) as lock:
                yield lock
        except LockHeld:
            raise TestbedError(
                f"lab {self.name!r} is being changed by another testbed command",
                fix="wait until it has ended",
            ) from None

    def init_pid(self) -> int | None:
        """Pid of the living init; None if there is none or the pid is somebody else's now."""
        try:
            record = json.loads(self._record.read_text())
            pid = int(record["pid"])
            same = start_time(pid) == record["started"] and _has_netns(pid, record["netns"])
        except (
            OSError,
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            OverflowError,
            RecursionError,
        ):
            return None
        return pid if same else None

    def exists(self) -> bool:
        """True if anything of the lab is left on the host."""
        return self.path.is_dir()

    def start_init(self, conf: str, lock: int, own_cgroups: bool = False) -> int:
        """Start the lab's init; returns its pid. Raises TestbedError.

        The starter holds `lock` too until init is on record: if this process is killed now, the
        next command waits for that record instead of overlooking an init that is being born.
        """
        command = own_program("testbed.host.lab_init_main", str(self._record))
        groups = ""
        if own_cgroups or lab_cgroups.come_from_systemd():  # it is not to end with a session
            command = lab_cgroups.record(self.path, self.name) + command
            groups = str(self.path / lab_cgroups.RECORD)
        with self._log.open("ab") as log:
            done = subprocess.run(
                [*command, f"lab-{self.name}"[:63], conf, groups],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=(lock,),
                timeout=30,
            )
        pid = self.init_pid()
        if done.returncode != 0 or pid is None:
            raise TestbedError(
                "the lab's init could not be started",
                why=last_words(self._log.read_bytes()) or None,
                fix="`testbed doctor` says what this machine lacks",
                exit_code=4,
            )
        return pid

    def living(self) -> int:
        """Pid of the living init. Raises TestbedError if the lab is not up."""
        pid = self.init_pid()
        if pid is None and self._record.exists():
            raise self._init_ended(exit_code=2)  # as of any lab that is not up
        if pid is None:
            raise TestbedError(
                f"lab {self.name!r} is not up",
                why=None if not others() else f"labs here: {', '.join(others())}",
                fix=f"testbed up -n {self.name}, or -n NAME for another lab",
            )
        return pid

    def enter(self) -> None:
        """Move this process into the lab, for good. Raises TestbedError if it is not up."""
        pid, log = self.living(), self._log
        # from inside the lab, the host's files are out of sight
        words = log.open("rb") if log.exists() else io.BytesIO()
        with words:
            words.seek(0, os.SEEK_END)
            namespaces.enter_process(pid, lambda: self._init_ended(words.read()))

    def _init_ended(self, said: bytes | None = None, exit_code: int = 1) -> TestbedError:
        """The error for an init that has ended; `said` by it, if not all of its log."""
        if said is None:
            said = self._log.read_bytes() if self._log.exists() else b""
        return TestbedError(
            f"lab {self.name!r} is not up: its init has ended",
            why=last_words(said) or "its log says nothing: it was killed",
            fix=f"`{self.up_command}` makes it anew; `testbed doctor` says what a lab needs",
            exit_code=exit_code,
        )

    def end_init(self) -> None:
        """Kill the init and wait until the kernel has ended all that was in the lab."""
        pid = self.init_pid()
        if pid is None:
            return
        fd = os.pidfd_open(pid)
        try:
            if self.init_pid() == pid:  # the fd and the record name the same process
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(fd, signal.SIGKILL)
                wait_for(
                    f"the end of the init of lab {self.name!r}",
                    lambda: (True if select.select([fd], [], [], 0.5)[0] else None, "alive"),
                    timeout=30,
                )
        finally:
            os.close(fd)

    def forget(self) -> None:
        """Remove the lab's files, by name. The directory stays: it is the lock."""
        lab_cgroups.remove(self.path)
        drafts = [p.name for p in self.path.glob(".*")]  # of writers that were killed
        users = [p.name for p in self.path.glob("kubeconfig-*")]
        for directory in ("bin", "run"):  # commands for the user's shell; the lock of a run
            shutil.rmtree(self.path / directory, ignore_errors=True)
        for file in (
            "plan.json",
            "init.json",
            "init.log",
            "exposed.json",
            self.up_file.name,
            BUILT,
            *drafts,
            *users,
        ):
            (self.path / file).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the lab's directory, and the directory of all labs if this was the last.

        Raises TestbedError if files lie there that no lab of this version has.
        """
        self.forget()
        self._claim.unlink(missing_ok=True)
        try:
            self.path.rmdir()
        except OSError as error:
            left = sorted(p.name for p in self.path.iterdir())
            raise TestbedError(
                f"lab {self.name!r} has ended, but its directory cannot be removed",
                where=str(self.path),
                why=f"no file of ours: {', '.join(left[:5])}" if left else error.strerror,
                fix=f"look whose that is, then rm -r {self.path}" if left else None,
                exit_code=1,
            ) from None
        self.remove_root()

    def refuse_strange_data(self) -> None:
        """Raises TestbedError if the lab has no data and something else lies in its place."""
        lab_data.refuse(self.name, self._claim)

    def claim_data(self) -> Path:
        """The directory of its data, made with the lab's mark if need be. Raises TestbedError."""
        return lab_data.claim(self.name, self._claim)

    def forget_data(self) -> list[str]:
        """Remove what carries the lab's mark; nothing of it is in use once its init has ended.

        Says what else lies there and is left.
        """
        return lab_data.remove(self.name, self._claim)

    def remove_root(self) -> None:
        """Remove the directory of all labs if it is empty."""
        with suppress(OSError):
            self.root.rmdir()


def _has_netns(pid: int, inode: object) -> bool:
    """Only root may look; who may not goes by the start time."""
    try:
        return netns_inode(pid) == inode
    except PermissionError:
        return True


def last_words(log: bytes) -> str:
    """The last line that says something; supervisord ends with advice on its options."""
    lines = [line.strip() for line in log.decode(errors="replace").splitlines()]
    said = [line for line in lines if line and not line.startswith("For help, use ")]
    return said[-1] if said else ""


def others() -> list[str]:
    """Names of all labs with a directory on this machine."""
    if not LABS.is_dir():
        return []
    return sorted(p.name for p in LABS.iterdir() if p.is_dir() and _NAME.fullmatch(p.name))


def lab_dir(name: str) -> LabDir:
    """The directory of the named lab. Raises TestbedError for names that are no DNS label."""
    if not _NAME.fullmatch(name):
        raise TestbedError(
            f"{name!r} is no lab name",
            why="lower-case letters, digits and '-', at most 40 characters",
            fix="choose another with -n",
        )
    return LabDir(name)
