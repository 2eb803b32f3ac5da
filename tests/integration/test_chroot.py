"""A lab that is started out of a chroot is refused: entering it would lead into the outer root."""

from __future__ import annotations

import os
import subprocess

import pytest

from testbed.doctor.root_directory import check_root_directory
from testbed.interpreter import own_code

pytestmark = pytest.mark.root

# All that lies at the root, below a directory of its own, in mounts of its own.
IN_A_CHROOT = """
import os
from testbed.host import namespaces as ns
from testbed.doctor.root_directory import check_root_directory
ns.unshare(ns.CLONE_NEWNS)
ns.mount("none", "/", None, ns.MS_REC | ns.MS_PRIVATE)
ns.mount("tmpfs", "/mnt", "tmpfs")
os.mkdir("/mnt/root")
ns.mount("/", "/mnt/root", None, ns.MS_BIND | ns.MS_REC)
{enter}
os.chdir("/")
print(check_root_directory().level, os.path.exists("/proc/self"))
"""


def test_a_chroot_is_refused_with_the_reason() -> None:
    enter = (
        'ns.mount("tmpfs", "/mnt/root/srv", "tmpfs"); '
        '[os.mkdir(f"/mnt/root/srv/{d}") for d in ("proc", "usr")]; '
        'ns.mount("/proc", "/mnt/root/srv/proc", None, ns.MS_BIND | ns.MS_REC); '
        'os.chroot("/mnt/root/srv")'
    )
    done = subprocess.run(
        own_code(IN_A_CHROOT.format(enter=enter)), capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["fail", "True"], done.stderr


def test_this_machine_is_none() -> None:
    assert os.geteuid() == 0
    assert check_root_directory().level == "ok"
