"""The order of drivers, and the archive that the kernel unpacks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.providers.vagrant.box import cpio
from testbed.providers.vagrant.box.initrd import load_order

DEP = """\
kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/net/virtio_net.ko: kernel/net/failover.ko kernel/drivers/virtio/virtio.ko
kernel/net/failover.ko:
kernel/drivers/char/hw_random/virtio-rng.ko: kernel/drivers/virtio/virtio.ko
"""


def test_a_module_comes_after_those_it_needs_and_once() -> None:
    assert [Path(p).name for p in load_order(DEP, ("virtio_net", "virtio_rng"))] == [
        "failover.ko",
        "virtio_ring.ko",
        "virtio.ko",
        "virtio_net.ko",
        "virtio-rng.ko",
    ]


def test_a_kernel_without_a_driver_is_refused() -> None:
    with pytest.raises(TestbedError, match="lacks a driver") as raised:
        load_order(DEP, ("virtio_blk", "virtio_net"))
    assert raised.value.why == "virtio_blk"


def test_archive_as_another_program_unpacks_it(tmp_path: Path) -> None:
    data = cpio.archive(
        {
            "seed/etc/key": cpio.file("secret", 0o600),
            "seed/root": cpio.directory(0o700),
            "seed/etc/link": cpio.link("key"),
        }
    )
    done = subprocess.run(
        ["busybox", "cpio", "-i", "-d"], input=data, cwd=tmp_path, capture_output=True, timeout=10
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "seed/etc/key").read_text() == "secret"
    assert (tmp_path / "seed/etc/key").stat().st_mode & 0o7777 == 0o600
    assert (tmp_path / "seed/root").stat().st_mode & 0o7777 == 0o700
    assert (tmp_path / "seed/etc/link").readlink() == Path("key")
    assert len(data) % 4 == 0
