"""What a machine of a stock box is given: some of our own box's files, and the machine's. Pure."""

from __future__ import annotations

import io
import stat
from collections.abc import Mapping

from testbed.host import tar as tar_files
from testbed.plan.model import Plan
from testbed.providers.vagrant.box import cpio
from testbed.providers.vagrant.box.box import RECIPE
from testbed.providers.vagrant.guest.seed import HostKey, own
from testbed.providers.vagrant.machines import STOCK_USER, USER, Machine

# Of our box's files those that suit any; disks and the first interface are the box's own affair.
SHARED = (
    "etc/modules-load.d/testbed.conf",
    "etc/sysctl.d/50-default.conf",
    "etc/systemd/journald.conf.d/testbed.conf",
)
_SSHD = "etc/ssh/sshd_config.d/testbed.conf"


def seed_entries(
    plan: Plan, machine: Machine, host_key: HostKey, authorized: str
) -> dict[str, cpio.Entry]:
    """Path in the guest, without leading slash → file."""
    files = own(plan, machine, host_key, authorized)
    files |= {name: cpio.file((RECIPE / "root" / name).read_bytes()) for name in SHARED}
    sshd = (RECIPE / "root" / _SSHD).read_text()
    files |= {
        # before all that the box has: sshd heeds what it reads first
        "etc/ssh/sshd_config.d/00-testbed.conf": cpio.file(
            f"{sshd}AllowUsers {USER} {STOCK_USER}\nAuthorizedKeysFile .ssh/authorized_keys\n"
        ),
        # the port is no business of what configures the box's other interfaces
        "etc/systemd/network/05-port.network": cpio.file(
            f"[Match]\nMACAddress={machine.mac}\n\n[Link]\nUnmanaged=yes\n"
        ),
        "etc/NetworkManager/conf.d/testbed.conf": cpio.file(
            f"[keyfile]\nunmanaged-devices=mac:{machine.mac}\n"
        ),
    }
    return files


def as_tar(entries: Mapping[str, cpio.Entry]) -> bytes:
    """The entries as an archive whose files are root's."""
    archive = io.BytesIO()
    with tar_files.writer(archive) as tar:
        for path, entry in sorted(entries.items()):
            mode = stat.S_IMODE(entry.mode)
            if stat.S_ISDIR(entry.mode):
                tar_files.add_directory(tar, path, mode)
            elif stat.S_ISLNK(entry.mode):
                tar_files.add_link(tar, path, entry.content.decode())
            else:
                tar_files.add_file(tar, path, entry.content, mode)
    return archive.getvalue()
