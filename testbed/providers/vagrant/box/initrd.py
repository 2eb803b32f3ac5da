"""The box's initrd: busybox, the drivers of a virtual machine's disk and network, one script."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from testbed.errors import TestbedError
from testbed.images.build import busybox
from testbed.images.build.libraries import libraries
from testbed.providers.vagrant.box import cpio

# What a machine needs before its disk is there; udev loads the rest from there.
DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net", "virtio_rng")


def initrd(modules: Path, init: str) -> bytes:
    """The archive, compressed. `modules` is the guest's /lib/modules/VERSION.

    Raises TestbedError where the kernel lacks a driver.
    """
    wanted = load_order((modules / "modules.dep").read_text(), DRIVERS)
    entries = {name: cpio.directory() for name in ("dev", "proc", "sys", "root")}
    entries |= {f"modules/{Path(m).name}": cpio.file((modules / m).read_bytes()) for m in wanted}
    entries |= {
        **_busybox_entries(),
        "init": cpio.file(init, 0o755),
        "modules/order": cpio.file("".join(f"{Path(m).name}\n" for m in wanted)),
    }
    return gzip.compress(cpio.archive(entries), 6, mtime=0)


def load_order(modules_dep: str, drivers: tuple[str, ...]) -> list[str]:
    """Paths of modules, each after those it needs, from the text of a modules.dep."""
    needs = {}
    for line in modules_dep.splitlines():
        path, _, others = line.partition(":")
        needs[path] = others.split()
    by_name = {Path(path).name.partition(".")[0].replace("-", "_"): path for path in needs}
    missing = [driver for driver in drivers if driver not in by_name]
    if missing:
        raise TestbedError("the guest's kernel lacks a driver", why=", ".join(missing), exit_code=4)
    order: dict[str, None] = {}
    for driver in drivers:
        order.update(dict.fromkeys(_after_its_needs(by_name[driver], needs)))
    return list(order)


def _after_its_needs(path: str, needs: dict[str, list[str]]) -> Iterator[str]:
    for other in needs[path]:
        yield from _after_its_needs(other, needs)
    yield path


def _busybox_entries() -> dict[str, cpio.Entry]:
    """This machine's, with its libraries if it is not static."""
    program = busybox.program()
    found = {"bin/busybox": cpio.file(program.read_bytes(), 0o755)}
    for library in libraries((program,)):
        found[str(library).lstrip("/")] = cpio.file(library.read_bytes(), 0o755)
    return found
