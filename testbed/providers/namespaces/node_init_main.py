"""A cluster node with an init of its own: namespaces, a root that is its own, supervisord.

Run with the argument SPEC by the lab's supervisor, inside the node's network namespace. Standard
library only, so that it starts quickly. Whatever a pod writes ends in the node's tmpfs or in the
lab's data directory: the host below is only ever read.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path

from testbed.errors import CheckFailed
from testbed.host import cgroups
from testbed.host import namespaces as ns
from testbed.host.lab_init_main import start_time
from testbed.host.namespaces import (
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_SHARED,
)
from testbed.host.wait import wait_for
from testbed.interpreter import own_program
from testbed.paths import CGROUPS
from testbed.providers.namespaces import runtime
from testbed.providers.namespaces.node_root import assemble, bind_mount, private_directories
from testbed.providers.namespaces.node_spec import NodeSpec

DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}
# The kubelet sets these for the whole kernel, unless it finds them as it wants them.
MASKED_SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
_CGROUP_PATIENCE = 10.0  # seconds for the kernel to let go of a dead predecessor's groups


def main() -> None:
    """The caller stays as the program that is supervised; its child is PID 1 of the node."""
    spec = NodeSpec.read(Path(sys.argv[1]))
    name = str(spec.name)
    _own_cgroups(name)
    ns.unshare(ns.CLONE_NEWNS | ns.CLONE_NEWUTS | ns.CLONE_NEWIPC | ns.CLONE_NEWPID)
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        ns.end_with_parent()
        if os.read(go_read, 1) != b"g":
            os._exit(1)
        _become_init(spec)
    os.close(go_read)
    record = Path(spec.directory) / "init.json"
    record.write_text(json.dumps({"pid": child, "started": start_time(child)}))
    os.write(go_write, b"g")  # it exists only once it is on record
    _wait_for(child)


def _wait_for(child: int) -> None:
    """SIGTERM ends the node as a power cut would; the kernel takes all of it along."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
    _, status = os.waitpid(child, 0)
    sys.exit(min(abs(os.waitstatus_to_exitcode(status)), 255))


def _own_cgroups(name: str) -> None:
    """A fresh group in every tree, the root of what the node sees.

    Those of a predecessor would slow the kubelet down.
    """
    if not CGROUPS.is_dir():
        ns.unshare(ns.CLONE_NEWCGROUP)
        return
    found = cgroups.own()
    groups = [cgroups.tree_dir(found, h, CGROUPS) / name for h in found]
    for group in groups:
        _remove_group(group)
        cgroups.make_and_join(group)
    ns.unshare(ns.CLONE_NEWCGROUP)
    if cgroups.version(found) == 2:
        cgroups.pass_controllers_on(groups[0])


def _remove_group(group: Path) -> None:
    """One that stays in use is joined as it is: slower, but no reason to give up."""
    with suppress(CheckFailed):
        wait_for(
            f"control group {group} to go",
            lambda: (cgroups.remove_tree(group) or None, "in use"),
            _CGROUP_PATIENCE,
        )


def _become_init(spec: NodeSpec) -> None:
    os.setsid()
    ns.mount("none", "/", None, MS_REC | MS_PRIVATE)
    root = assemble(Path(spec.scratch))
    private_directories(root)
    _make_devices(root / "dev")
    _kernel_file_systems(root)
    hosts = runtime.read_only_paths(root / "proc", root / "sys")
    for path in [root / p.lstrip("/") for p in hosts if p.startswith("/proc/")]:
        if path.parent != root / "proc/sys":  # read-only already, with the masks in it
            bind_mount(path, path, read_only=True)
    _write_file(root / spec.runtime.lstrip("/"), runtime.script(hosts), 0o755)
    for directory in spec.read_only:
        bind_mount(Path(directory), root / directory.lstrip("/"), read_only=True)
    for source, target in spec.binds.items():
        Path(source).mkdir(parents=True, exist_ok=True)
        bind_mount(Path(source), root / target.lstrip("/"))
    for file, content in spec.files.items():
        _write_file(root / file.lstrip("/"), content)
    for link, target in spec.links.items():
        _make_link(root / link.lstrip("/"), target)
    socket.sethostname(spec.name)
    ns.pivot_root(str(root))
    ns.mount("none", "/", None, MS_REC | MS_SHARED)  # the kubelet's mounts reach the pods
    os.closerange(3, 1024)
    os.environ.update(spec.environment)
    command = own_program("supervisor.supervisord", "-c", spec.conf)
    os.execv(command[0], command)


def _make_devices(dev: Path) -> None:
    """The few devices that every program expects, and none of the host's."""
    ns.mount("tmpfs", str(dev), "tmpfs", MS_NOSUID, "mode=755")
    os.umask(0)
    for name, (major, minor) in {**DEVICES, "tty": (5, 0)}.items():
        os.mknod(dev / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
    os.umask(0o022)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (dev / name).symlink_to(f"/proc/self/{target}")
    for name in ("pts", "shm", "mqueue"):
        (dev / name).mkdir()
    options = "newinstance,ptmxmode=0666,mode=620,gid=5"
    ns.mount("devpts", str(dev / "pts"), "devpts", MS_NOSUID | MS_NOEXEC, options)
    (dev / "ptmx").symlink_to("pts/ptmx")
    ns.mount("tmpfs", str(dev / "shm"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    ns.mount("mqueue", str(dev / "mqueue"), "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    (dev / "kmsg").touch()  # the kubelet wants to read one; the kernel's is the host's


def _kernel_file_systems(root: Path) -> None:
    """proc and sysfs, where only the network's settings can be written; control groups."""
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    proc, sys_, spare = root / "proc", root / "sys", root / "run/proc"
    spare.mkdir()
    for at in (proc, spare):
        ns.mount("proc", str(at), "proc", flags)
    bind_mount(proc / "sys", proc / "sys", read_only=True)
    bind_mount(spare / "sys/net", proc / "sys/net")
    ns.umount(str(spare))
    for name, value in MASKED_SYSCTLS.items():
        mask = root / "run/sysctls" / name
        _write_file(mask, value + "\n")
        if (proc / "sys" / name).exists():
            bind_mount(mask, proc / "sys" / name)
    ns.mount("sysfs", str(sys_), "sysfs", flags | MS_RDONLY)
    groups = sys_ / "fs/cgroup"
    ns.mount("tmpfs", str(groups), "tmpfs", flags, "mode=755")
    if CGROUPS.is_dir():
        found = cgroups.own()
        version_2 = cgroups.version(found) == 2
        cgroups.mount_all([h for h in found if version_2 or h.kind == "cgroup"], groups)


def _write_file(path: Path, content: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(content)
    path.chmod(mode)


def _make_link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


if __name__ == "__main__":
    main()
