"""A /sys that shows the network namespace of who runs in it.

A sysfs shows the network interfaces of the namespace in which it was mounted. Who enters only a
node's network namespace therefore sees the host's interfaces in /sys/class/net.
"""

from __future__ import annotations

import os
from pathlib import Path

_SYS, _CGROUPS = "/sys", "/sys/fs/cgroup"

# In front of a command that is to run in a network namespace. As a slave it still sees the
# namespaces of pods that come later. /mnt is as before once the sysfs has been moved away.
WITH_OWN = (
    *("unshare", "--mount", "--propagation", "slave", "--", "sh", "-c"),
    "mount -t sysfs -o nosuid,nodev,noexec sysfs /mnt"
    " && mount --rbind /sys/fs/cgroup /mnt/fs/cgroup"
    ' && mount --move /mnt /sys && exec "$@"',
    "sh",
)


def mount_own() -> None:
    """Go on with a /sys of the network namespace that this process is in. Raises OSError.

    It is private to this process and its children; the control groups stay where they were.
    """
    # here, for ctypes would cost agents start time, who only need WITH_OWN
    from testbed.host import namespaces as ns
    from testbed.host.namespaces import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_REC, MS_SLAVE

    ns.unshare(ns.CLONE_NEWNS)
    ns.mount("none", "/", None, MS_REC | MS_SLAVE)
    groups = os.open(_CGROUPS, os.O_PATH | os.O_DIRECTORY)
    try:
        ns.mount("sysfs", _SYS, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        if Path(_CGROUPS).is_dir():
            ns.mount(f"/proc/self/fd/{groups}", _CGROUPS, None, MS_BIND | MS_REC)
    finally:
        os.close(groups)
