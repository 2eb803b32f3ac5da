"""A stand-in for an online box: a Debian disk that knows nothing of us, as a .box file.

It boots from its own boot loader, kernel and initrd, takes its address by DHCP, and is opened by
the key that everybody has. Made from the distribution's packages, without a loop device.

By hand: python tests/vm/stock_box.py FILE.box
"""

from __future__ import annotations

import json
import shutil
import struct
import sys
import tarfile
import tempfile
from pathlib import Path

from testbed.host.run import run
from testbed.providers.vagrant.box.distribution import Distribution, of_this_machine

PACKAGES = (
    *("systemd-sysv", "udev", "dbus", "openssh-server", "sudo", "ifupdown", "isc-dhcp-client"),
    *("iproute2", "procps", "kmod", "netbase", "less", "vim-tiny", "apparmor", "python3"),
    "initramfs-tools",
)
LIMIT = 900.0  # seconds for one step
MIB = 1 << 20
SECTOR = 512  # bytes
BOOT_START, BOOT_SIZE, ROOT_SIZE = 1 * MIB, 128 * MIB, 8192 * MIB  # bytes
FAT, LINUX, ACTIVE = 0x0C, 0x83, 0x80  # of a partition table's entries
KEYS = Path("/usr/share/rubygems-integration/all/gems")
_MBR = Path("/usr/lib/syslinux/mbr/mbr.bin")
_SYSLINUX = """\
DEFAULT linux
LABEL linux
  LINUX vmlinuz
  INITRD initrd.img
  APPEND root=LABEL=stock ro console=ttyS0 net.ifnames=0 quiet
"""
# As boxes are: a password that everybody knows, all of sudo, the first interface by DHCP.
_CUSTOMIZE = """\
set -eu
cd "$1"
chroot . useradd --create-home --shell /bin/bash vagrant
echo vagrant:vagrant | chroot . chpasswd
echo root:vagrant | chroot . chpasswd
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >etc/sudoers.d/vagrant
mkdir -m 700 home/vagrant/.ssh
cp "$TESTBED_OPENER" home/vagrant/.ssh/authorized_keys
chroot . chown -R vagrant:vagrant /home/vagrant/.ssh
echo 'PasswordAuthentication yes' >etc/ssh/sshd_config.d/50-cloud-init.conf
printf 'auto lo\\niface lo inet loopback\\nallow-hotplug eth0\\niface eth0 inet dhcp\\n' \\
    >etc/network/interfaces
echo 'LABEL=stock / ext4 errors=remount-ro 0 1' >etc/fstab
echo stock >etc/hostname
"""


def insecure_public_key() -> Path:
    """Of the pair that Vagrant's boxes are delivered with, from the installed Vagrant."""
    return next(KEYS.glob("vagrant-[0-9]*/keys/vagrant.pub"))


def make(target: Path) -> None:
    """Make the box, as root. Raises TestbedError."""
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        scratch = Path(name)
        scratch.chmod(0o755)
        root, disk = scratch / "root", scratch / "disk.raw"
        _unpack(root, scratch / "root.tar", of_this_machine())
        _partition(disk)
        _boot(disk, root, scratch / "boot.fat")
        _fill(disk, root)
        _pack(target, disk, scratch)


def _unpack(root: Path, archive: Path, distribution: Distribution) -> None:
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"]
    command += [f"--include={','.join((*PACKAGES, distribution.kernel))}"]
    command += [f"--customize-hook={_CUSTOMIZE}", distribution.suite, str(archive), "-"]
    sources = "".join(f"{line}\n" for line in distribution.sources)
    opener = f"TESTBED_OPENER={insecure_public_key()}"
    run(["env", opener, *command], stdin=sources, timeout=LIMIT)
    root.mkdir()
    run(["tar", "-C", str(root), "-xf", str(archive), "--exclude=./dev/*"], timeout=LIMIT)
    archive.unlink()


def _partition(disk: Path) -> None:
    """An empty disk with a partition to boot from and one for the root."""
    start = BOOT_START + BOOT_SIZE
    entries = [(ACTIVE, FAT, BOOT_START, BOOT_SIZE), (0, LINUX, start, ROOT_SIZE)]
    table = b"".join(
        struct.pack("<B3xB3xII", flag, kind, begin // SECTOR, size // SECTOR)
        for flag, kind, begin, size in entries
    )
    with disk.open("wb") as file:
        file.write(_MBR.read_bytes().ljust(446, b"\0") + table.ljust(64, b"\0") + b"\x55\xaa")
        file.truncate(start + ROOT_SIZE)


def _boot(disk: Path, root: Path, fat: Path) -> None:
    [kernel], [initrd] = root.glob("boot/vmlinuz-*"), root.glob("boot/initrd.img-*")
    sectors = str(BOOT_SIZE // SECTOR)
    hidden = str(BOOT_START // SECTOR)
    shape = ["-h", "64", "-s", "32", "-H", hidden, "-T", sectors]
    run(["mformat", "-C", "-i", str(fat), *shape, "::"])
    config = fat.with_name("syslinux.cfg")
    config.write_text(_SYSLINUX)
    names = {"vmlinuz": kernel, "initrd.img": initrd, "syslinux.cfg": config}
    for name, path in names.items():
        run(["mcopy", "-i", str(fat), str(path), f"::{name}"])
    run(["syslinux", "--install", str(fat)])
    with disk.open("r+b") as file, fat.open("rb") as source:
        file.seek(BOOT_START)
        shutil.copyfileobj(source, file)


def _fill(disk: Path, root: Path) -> None:
    make = ["mkfs.ext4", "-q", "-F", "-L", "stock"]
    make += ["-E", f"offset={BOOT_START + BOOT_SIZE},lazy_itable_init=0", "-d", str(root)]
    run([*make, str(disk), f"{ROOT_SIZE // MIB}M"], timeout=LIMIT)


def _pack(target: Path, disk: Path, scratch: Path) -> None:
    image = scratch / "box.img"
    convert = ["qemu-img", "convert", "-O", "qcow2", "-c", "-o", "compression_type=zstd"]
    run([*convert, str(disk), str(image)], timeout=LIMIT)
    size = -(-(BOOT_START + BOOT_SIZE + ROOT_SIZE) // (1 << 30))  # GiB, rounded up
    metadata = {"provider": "libvirt", "format": "qcow2", "virtual_size": size}
    (scratch / "metadata.json").write_text(json.dumps(metadata))
    (scratch / "Vagrantfile").write_text('Vagrant.configure("2") { |config| }\n')
    with tarfile.open(target, "w") as box:
        for name in ("metadata.json", "Vagrantfile", "box.img"):
            box.add(scratch / name, name)


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
