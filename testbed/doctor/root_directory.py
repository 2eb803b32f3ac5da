"""Is this a chroot? Who enters a lab comes out at the root of the mounts, not at its own."""

from __future__ import annotations

import os
from pathlib import Path

from testbed.doctor.verdict import Verdict
from testbed.host import namespaces as ns

NAME = "root directory"
_SAME, _OTHER = 10, 11


def check_root_directory() -> Verdict:
    """Enters its own mounts anew, in a child, as one enters a lab. Needs root."""
    if os.geteuid() != 0:
        return Verdict(NAME, "ok", "not looked at without root")
    child = os.fork()
    if child == 0:
        os._exit(_look())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != _OTHER:
        return Verdict(NAME, "ok", "that of the mounts")
    return Verdict(
        NAME,
        "fail",
        "is a chroot's: what enters a lab would leave it, and write into the outer root",
        "enter that root as a root of mounts: systemd-nspawn -D DIRECTORY, or pivot_root(8)",
    )


def _look() -> int:
    try:
        before = Path("/").stat()
        mounts = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        ns.setns(mounts, ns.CLONE_NEWNS)
        return _SAME if os.path.samestat(before, Path("/").stat()) else _OTHER
    except OSError:
        return _SAME  # the other checks say why namespaces cannot be entered
