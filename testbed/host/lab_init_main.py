"""Becomes the init of a lab: new namespaces, a private /run, then supervisord as PID 1.

Run by testbed.host.labs with the arguments RECORD HOSTNAME CONF CGROUPS; CGROUPS is the record of
the control groups to make, or empty. Standard library only, so that it starts quickly. Everything
of the lab is a descendant of this process: when it ends, the kernel ends every daemon, mount,
interface and namespace of the lab.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
from pathlib import Path

from testbed.host import cgroups
from testbed.host import namespaces as ns
from testbed.host.environment import of_daemons
from testbed.host.files import write_json
from testbed.host.namespaces import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_REC
from testbed.interpreter import own_program
from testbed.paths import CGROUPS, LAB, LOGS, NETNS, PROGRAMS, SUPERVISOR_CONF

PR_CAPBSET_DROP = 24
# Nothing in a lab sets the clock, reboots, loads modules or does raw I/O on the machine.
DROPPED = {"MODULE": 16, "RAWIO": 17, "BOOT": 22, "TIME": 25, "SYSLOG": 34, "WAKE_ALARM": 35}
# Of a host that has routers of its own: mgmtd reads there whatever it is told, vtysh writes there,
# and every daemon keeps a directory for the log of its crash.
FRR_CONFIGURATION = Path("/etc/frr")
WRITTEN_BY_FRR = (FRR_CONFIGURATION, Path("/var/lib/frr"), Path("/var/tmp"))


def main() -> None:
    """Returns once the child, PID 1 of the lab and nobody's child outside, has all its own."""
    record, hostname, conf, groups = Path(sys.argv[1]), *sys.argv[2:5]
    ns.unshare(
        ns.CLONE_NEWNS | ns.CLONE_NEWUTS | ns.CLONE_NEWIPC | ns.CLONE_NEWPID | ns.CLONE_NEWNET
    )
    ns.mount("none", "/", None, MS_REC | MS_PRIVATE)
    wanted = (
        [cgroups.Hierarchy(**h) for h in json.loads(Path(groups).read_text())] if groups else []
    )
    # Before there are two: while this process were left in it, the lab's group would be in use.
    if wanted:
        cgroups.become_root(wanted)
    else:
        ns.unshare(ns.CLONE_NEWCGROUP)
    go_read, go_write = os.pipe()
    done_read, done_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(go_read)
        os.close(done_write)
        identity = {"pid": pid, "started": start_time(pid), "netns": netns_inode(pid)}
        write_json(record, identity)
        os.write(go_write, b"g")  # it exists only once it is on record
        # Who enters before /run is the lab's own would write on the host's.
        sys.exit(0 if os.read(done_read, 1) == b"d" else 1)
    os.close(go_write)
    os.close(done_read)
    if os.read(go_read, 1) != b"g":
        os._exit(1)
    _make_own(hostname, conf, wanted, done_write)
    os.write(done_write, b"d")
    command = own_program("supervisor.supervisord", "--nodaemon", "-c", str(SUPERVISOR_CONF))
    os.execve(command[0], command, of_daemons(os.environ))


def _mount_empty(directory: Path) -> None:
    """An empty directory of the same owner and mode in place of the host's."""
    seen = directory.stat()
    options = f"mode={seen.st_mode & 0o7777:o},uid={seen.st_uid},gid={seen.st_gid}"
    ns.mount("testbed", str(directory), "tmpfs", MS_NOSUID | MS_NODEV, options)


def start_time(pid: int) -> int:
    """Start time of a process in clock ticks since boot: with the pid, a name for it."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[19])


def netns_inode(pid: int) -> int:
    """Inode of the process's network namespace."""
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def _make_own(hostname: str, conf: str, groups: list[cgroups.Hierarchy], keep: int) -> None:
    """All that is to be the lab's own and not the host's; of open files only `keep` stays."""
    os.closerange(3, keep)  # among them the lock, which the starter alone is to hold
    os.closerange(keep + 1, 1024)
    os.setsid()
    os.chdir("/")
    ns.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    ns.mount("testbed", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    for directory in filter(Path.is_dir, WRITTEN_BY_FRR):
        _mount_empty(directory)
    if FRR_CONFIGURATION.is_dir():
        (FRR_CONFIGURATION / "vtysh.conf").touch()  # vtysh complains without one
    socket.sethostname(hostname)
    for directory in (NETNS, Path("/run/lock"), PROGRAMS, LOGS):
        directory.mkdir(parents=True)
    LAB.chmod(0o755)
    if groups:
        cgroups.mount_all(groups, CGROUPS)
    SUPERVISOR_CONF.write_text(conf)
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in DROPPED.values():
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


if __name__ == "__main__":
    main()
