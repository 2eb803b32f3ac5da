"""A machine within the machine: own processes, network, mounts, /run, /tmp and /var/tmp.

What a lab leaves behind shows here to the last process and file, whatever else the real machine
is doing meanwhile.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from testbed.host import cgroups, systemd
from testbed.host.wait import wait_for
from tests.repository import ROOT

HERE = Path(__file__).parent
NSENTER = shutil.which("nsenter") or "nsenter"  # also when the command's PATH is to be empty
REAPER = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
print("ready", flush=True)
while True:
    signal.sigwaitinfo({signal.SIGCHLD})
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
"""

PASS_ON = """
group=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)
mkdir -p $group/init
echo $$ > $group/init/cgroup.procs
for controller in $(cat $group/cgroup.controllers); do
    echo +$controller > $group/cgroup.subtree_control
done
exec "$@"
"""


@dataclass(frozen=True)
class Bystander:
    """A process in the sandbox, by its pid outside."""

    launcher: subprocess.Popen[bytes]
    outside: int

    @property
    def inside(self) -> int:
        """Its pid in the sandbox."""
        lines = Path(f"/proc/{self.outside}/status").read_text().splitlines()
        return int(next(x for x in lines if x.startswith("NSpid:")).split()[-1])

    def lives(self) -> bool:
        """True until it has ended."""
        return self.launcher.poll() is None

    def end(self) -> None:
        """kill -9."""
        os.kill(self.outside, signal.SIGKILL)
        self.launcher.wait(30)


class Sandbox:
    """One sandbox; `close()` ends all that is in it."""

    def __init__(self, keep: list[Path]) -> None:
        """`keep`: directories that stay visible although /tmp is replaced."""
        command = [*_own_group(), "--mount", "--net", "--ipc", "--uts", "--pid", "--fork"]
        command += ["--kill-child", "--mount-proc", "--propagation", "private"]
        self._process = subprocess.Popen(
            [*command, "sh", "-c", _setup(keep), "sh", sys.executable, "-c", REAPER],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", "the sandbox did not start"
        self.init = _only_child(self._process.pid)

    def inside(self, *command: str) -> list[str]:
        """The command, to be run in the sandbox."""
        return [NSENTER, f"--target={self.init}", "--all", f"--wd={ROOT}", "--", *command]

    def do(self, script: str) -> None:
        """Run a shell script in the sandbox, e.g. to mount something."""
        subprocess.run(self.inside("sh", "-ec", script), check=True, timeout=60)

    def output(self, script: str) -> str:
        """What a shell script prints in the sandbox."""
        command = self.inside("sh", "-ec", script)
        done = subprocess.run(command, check=True, timeout=60, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def snapshot(self) -> dict[str, list[str]]:
        """The sandbox as it is now."""
        command = self.inside(sys.executable, "-B", str(HERE / "host_snapshot.py"))
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        seen: dict[str, list[str]] = json.loads(done.stdout)
        seen["cgroups"] = [group for group in seen["cgroups"] if _is_ours(group)]
        return seen

    def wait_until_like(self, before: dict[str, list[str]]) -> None:
        """Wait until nothing differs from `before`; says what does."""

        def probe() -> tuple[bool | None, str]:
            said = differences(before, self.snapshot())
            return (None if said else True), "\n".join(said)

        wait_for("the machine to be as before", probe, timeout=15, interval=0.1)

    def bystander(self, *command: str) -> Bystander:
        """A process of the sandbox that is none of a lab's."""
        process = subprocess.Popen(self.inside(*command), cwd=ROOT)
        return Bystander(process, only_child(process.pid))

    def close(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGKILL)  # --kill-child ends its init, and so all
        self._process.wait(30)


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Lines that are new (+) or gone (-), by section."""
    said = []
    for section in before:
        old, new = before[section], after[section]
        said += [f"{section}: - {line}" for line in old if line not in new]
        said += [f"{section}: + {line}" for line in new if line not in old]
        if sorted(old) != sorted(new) and not said:
            said.append(f"{section}: another number of equal lines")
    return said


def lab_name(kind: str) -> str:
    """A name that nobody else gives to a lab: control groups are the whole machine's."""
    return f"t-{kind}-{os.getpid()}"


def _is_ours(group: str) -> bool:
    """False for control groups of labs that other processes have up meanwhile."""
    return any(part.endswith(f"-{os.getpid()}") for part in Path(group).parts)


def only_child(pid: int) -> int:
    """The one child of a process, e.g. of the nsenter that entered a pid namespace."""
    return wait_for(
        f"the child of {pid}",
        lambda: (_only_child(pid) or None, "none yet"),
        timeout=10,
    )


def _only_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else 0


def _setup(keep: list[Path]) -> str:
    """Shell script: fresh /run, /tmp, /var/tmp, /dev/shm; what is to be kept is bound in again."""
    hidden = [p.resolve() for p in keep if p.resolve().is_relative_to("/tmp")]
    # pins that were inherited would keep deleted namespaces of the machine alive
    pins = '$5 ~ "^/run/netns/" { print $5 }'
    lines = ["set -e", f"awk '{pins}' /proc/self/mountinfo | xargs -r umount -l"]
    lines.append("mount -t tmpfs -o mode=755 tmpfs /run")
    for number, path in enumerate(hidden):
        lines.append(f"mkdir /run/keep{number}")
        lines.append(f"mount --rbind {shlex.quote(str(path))} /run/keep{number}")
    lines.append("mount -t tmpfs -o mode=1777 tmpfs /tmp")
    lines.append("mount -t tmpfs -o mode=1777 tmpfs /var/tmp")
    lines.append("mount -t tmpfs tmpfs /dev/shm")
    for number, path in enumerate(hidden):
        lines.append(f"mkdir -p {shlex.quote(str(path))}")
        lines.append(f"mount --rbind /run/keep{number} {shlex.quote(str(path))}")
    lines.append('exec "$@"')
    return "\n".join(lines)


def _own_group() -> list[str]:
    """unshare, with control groups of the sandbox's own.

    With version 2 that is one that passes controllers on to its labs', which cannot ask
    systemd: it knows them by other process ids.
    """
    if cgroups.version(cgroups.own()) == 1:
        return ["unshare", "--cgroup"]
    if not systemd.runs_this_host():
        return ["unshare"]
    scope = ["systemd-run", "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--"]
    return [*scope, "sh", "-ec", PASS_ON, "sh", "unshare"]


def kept(gobgpd: Path | None) -> list[Path]:
    """The directories that testbed itself needs."""
    needed = [ROOT, Path(sys.prefix), Path(sys.base_prefix)]
    if gobgpd is not None:
        needed.append(gobgpd.parent)
    home = os.environ.get("HOME")
    return needed + ([Path(home)] if home and home != "/" else [])
