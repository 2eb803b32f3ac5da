"""Vagrant, run inside a lab: what is written for it, and what it is asked to do."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from testbed.errors import MachineUnfit, TestbedError
from testbed.host.files import write_atomically, write_json
from testbed.paths import TEMPLATES
from testbed.plan.model import Plan
from testbed.providers.vagrant.box import cpio
from testbed.providers.vagrant.box.box import Box
from testbed.providers.vagrant.guest import keys
from testbed.providers.vagrant.guest.seed import seed
from testbed.providers.vagrant.machines import Files, Values, machines, values
from testbed.providers.vagrant.stock.seed_archive import as_tar, seed_entries

ROOT = TEMPLATES.parent  # of the Vagrantfile
# A vagrant that outlived a killed `up` would hold the machines that the next one wants.
WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
BACKTRACE = re.compile(r"\.rb:\d+:in `[^']*'$")
LOOK = 2.0  # seconds between two looks at machines that boot


def environment(files: Files) -> dict[str, str]:
    """What Vagrant needs to know of a lab."""
    return {
        "VAGRANT_CWD": str(ROOT),
        "VAGRANT_HOME": str(files.home),
        "VAGRANT_DOTFILE_PATH": str(files.dotfiles),
        "VAGRANT_DEFAULT_PROVIDER": "libvirt",
        "VAGRANT_CHECKPOINT_DISABLE": "1",
        "TESTBED_VAGRANT": str(files.values),
        "LIBVIRT_DEFAULT_URI": "qemu:///system",
    }


def prepare(
    plan: Plan,
    lab: str,
    box: Box,
    driver: str,
    files: Files,
    payload: Path | None = None,
    packages: Path | None = None,
) -> Values:
    """Keys, what each machine is given, and the values; gives the values."""
    files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.home.mkdir(exist_ok=True)
    boxes = files.home / "boxes"
    if not boxes.is_symlink():
        boxes.symlink_to(box.collection)
    write_atomically(files.ssh_config, _ssh_config(files))
    for source, target in ((payload, files.payload), (packages, files.packages)):
        if source is not None:
            _link_cached_file(source, target)
    opener = keys.ensure_user_key(files)
    known = keys.host_keys(files, machines(plan))
    if box.stock:
        for machine in machines(plan):
            archive = as_tar(seed_entries(plan, machine, known[machine.name], opener))
            write_atomically(files.seed(machine.name), archive, 0o600)
    else:
        _link_cached_file(box.kernel, files.kernel)
        base = box.initrd.read_bytes()
        for machine in machines(plan):
            own = cpio.archive(seed(plan, machine, known[machine.name], opener))
            initrd = base + b"\0" * (-len(base) % 4) + own
            write_atomically(files.initrd(machine.name), initrd, 0o600)
    wanted = values(plan, lab, box, driver, files, payload is not None)
    write_json(files.values, wanted)
    return wanted


def _ssh_config(files: Files) -> str:
    """Vagrant names no file of known hosts for users, so the lab's is the one for all."""
    return (
        f"Host *\n  GlobalKnownHostsFile {files.known_hosts}\n"
        "  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
    )


def _link_cached_file(source: Path, target: Path) -> None:
    """The lab's own name for a file of the cache, which may be replaced there meanwhile."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def reachable(line: str) -> str | None:
    """The machine of which a line of `vagrant up` says that its SSH answers."""
    found = re.search(r"==> (\S+): Machine booted and ready!", line)
    return found[1] if found else None


class Vagrant:
    """The vagrant of one lab, by python-vagrant. Every call raises TestbedError on failure."""

    def __init__(self, files: Files, log: Path) -> None:
        vagrant: Any = importlib.import_module("vagrant")  # Any: it has no types
        program = shutil.which("vagrant")
        if program is None:
            raise MachineUnfit("vagrant is missing", fix="make deps NODES=vagrant")
        self._log = log
        self._vagrant = vagrant.Vagrant(
            str(ROOT),
            env={**os.environ, **environment(files)},
            err_cm=vagrant.make_file_cm(str(log)),
        )
        self._vagrant._make_vagrant_command = lambda words: [*WITH_US, program, *words]

    def up(
        self,
        names: Sequence[str],
        arrived: Callable[[str], None] = lambda _name: None,
        ended: Callable[[], str] = str,
    ) -> None:
        """Create and boot machines at once; returns when their SSH answers.

        `arrived` hears the name of each as soon as it does. `ended` is asked meanwhile and says
        which machine has ended, if one has: Vagrant would wait for it for ten minutes.
        """
        with _killed_when(ended):
            for line in self._output_lines("up", [*names, "--provider=libvirt", "--no-provision"]):
                name = reachable(line)
                if name is not None:
                    arrived(name)

    def destroy(self, names: Sequence[str]) -> None:
        """Remove machines with their disks."""
        for _ in self._output_lines("destroy", ["--force", *names]):
            pass

    def _output_lines(self, command: str, arguments: Sequence[str]) -> Iterator[str]:
        """What vagrant says, as it says it; all of it goes into the log."""
        try:
            with self._log.open("a") as log:
                for line in self._vagrant._stream_vagrant_command([command, *arguments]):
                    log.write(line)
                    log.flush()
                    yield line
        except subprocess.CalledProcessError as error:
            said = self._log.read_text(errors="replace").splitlines()
            words = [x for x in said if x and not x[0].isspace() and not BACKTRACE.search(x)]
            raise TestbedError(
                f"vagrant {command} failed (exit {error.returncode})",
                why="\n".join(line[-500:] for line in words[-3:]),
                fix=f"the whole log: `testbed logs {self._log.stem}`",
                exit_code=1,
            ) from None


@contextmanager
def _killed_when(ended: Callable[[], str]) -> Iterator[None]:
    """Kill this process's vagrant once a machine has ended. Raises TestbedError then."""
    found: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK):
            if said := ended():
                found.append(said)
                for child in psutil.Process().children():
                    with suppress(psutil.Error):  # it has ended meanwhile
                        if any(Path(word).name == "vagrant" for word in child.cmdline()):
                            child.kill()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except TestbedError:
        if found:
            raise TestbedError(found[0], fix="`testbed up` boots it again", exit_code=1) from None
        raise
    finally:
        over.set()
        watcher.join()
