"""Making the box: packages by mmdebstrap, a disk by mkfs.ext4, no loop device, no boot loader."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from testbed.artefacts.cache_dir import give_all_to_owner, give_to_owner, locked_cache_dir
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.run import run
from testbed.providers.vagrant.box.box import RECIPE, Box, boxes_directory, packages, wanted_box
from testbed.providers.vagrant.box.distribution import Distribution, of_this_machine
from testbed.providers.vagrant.box.initrd import initrd

DISK = "16G"  # sparse; a guest's images, volumes and etcd lie there
LIMIT = 900.0  # seconds for one step; the mirror may be slow
_PROGRAMS = ("mmdebstrap", "mkfs.ext4", "qemu-img")
_LEFT_OUT = ("doc", "man", "locale", "info", "lintian", "bash-completion")
_KEPT_OUT_OF_TAR = ("./dev/*", "./proc/*", "./sys/*")


def ensure_box(say: Callable[[str], None], again: bool = False) -> Box:
    """The box for this machine, made if it is missing (or `again`). Raises TestbedError."""
    distribution = of_this_machine()
    box = wanted_box(distribution)
    if box.made and not again:
        return box
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            raise MachineUnfit(f"{program} is missing", fix="make deps NODES=vagrant")
    with locked_cache_dir(boxes_directory()):
        if again or not box.made:  # another run may have made it meanwhile
            say(f"making box {box.name} from packages of {distribution.suite}")
            _make_box(box, distribution)
    return box


def _make_box(box: Box, distribution: Distribution) -> None:
    with _scratch_directory() as scratch:
        archive, root, made = scratch / "root.tar", scratch / "root", scratch / "box"
        made.mkdir()
        _debootstrap(archive, distribution)
        disk = scratch / "disk.raw"
        _fill_root(disk, archive, root)
        _beside_the_disk(made, root, distribution)
        # zstd: a third of the size, and quick to read
        convert = ["qemu-img", "convert", "-O", "qcow2", "-c", "-o", "compression_type=zstd"]
        run([*convert, str(disk), str(made / "box.img")], timeout=LIMIT)
        give_all_to_owner(made)
        shutil.rmtree(box.directory, ignore_errors=True)
        box.directory.parent.mkdir(parents=True, exist_ok=True)
        made.rename(box.directory)
        for directory in (box.directory.parent, box.directory.parent.parent):
            give_to_owner(directory)


def _debootstrap(archive: Path, distribution: Distribution) -> None:
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"]
    command.append(f"--include={','.join(packages())}")
    command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    command += [
        f"--customize-hook=sync-in {RECIPE / 'root'} /",
        # its text: a user's directories may be closed to the user that mmdebstrap becomes
        f"--customize-hook={(RECIPE / 'customize').read_text()}",
        distribution.suite,
        str(archive),
        "-",
    ]
    environment = [f"TESTBED_KERNEL={distribution.kernel}"]
    sources = "".join(f"{line}\n" for line in distribution.sources)
    try:
        run(["env", *environment, *command], stdin=sources, timeout=LIMIT)
    except TestbedError as error:
        raise TestbedError(
            "the box's packages cannot be installed",
            where=", ".join(distribution.sources),
            why=error.why,
            fix="apt-get update; is the mirror reachable?",
            exit_code=4,
        ) from None


def _fill_root(disk: Path, archive: Path, root: Path) -> None:
    """A disk with the archive's files; a user gets its owners right by fakeroot."""
    root.mkdir()
    left_out = " ".join(f"--exclude='{pattern}'" for pattern in _KEPT_OUT_OF_TAR)
    script = (
        f'tar -C "$1" -xf "$2" --numeric-owner {left_out} && '
        # written once and thrown away: no journal, nothing left for the guest to initialise
        'mkfs.ext4 -q -F -L testbed -O ^has_journal -E lazy_itable_init=0 -d "$1" "$3" "$4"'
    )
    prefix = [] if os.geteuid() == 0 else ["fakeroot", "--"]
    command = [*prefix, "sh", "-c", script, "sh", *map(str, (root, archive, disk)), DISK]
    run(command, timeout=LIMIT)


def _beside_the_disk(made: Path, root: Path, distribution: Distribution) -> None:
    """Kernel, initrd, and what Vagrant and people read."""
    [modules] = (root / "lib/modules").iterdir()
    shutil.copyfile(root / f"boot/vmlinuz-{modules.name}", made / "vmlinuz")
    init = (RECIPE / "init").read_text()
    (made / "initrd").write_bytes(initrd(modules, init))
    metadata = {"provider": "libvirt", "format": "qcow2", "virtual_size": int(DISK[:-1])}
    (made / "metadata.json").write_text(json.dumps(metadata) + "\n")
    (made / "Vagrantfile").write_text("# the lab's own says all\n")
    versions = (line.split(" ", 1) for line in (root / "packages.record").read_text().splitlines())
    record = {
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "distribution": asdict(distribution),
        "kernel": modules.name,
        "kernel_package": " ".join((root / "kernel.record").read_text().split()),
        "packages": dict(versions),
    }
    (made / "record.json").write_text(json.dumps(record, indent=1) + "\n")


@contextmanager
def _scratch_directory() -> Iterator[Path]:
    """On the disk of the boxes, so that the box can be moved there; removed whatever happens.

    A killed run's is removed by the next (testbed.artefacts.cache_dir.locked_cache_dir).
    """
    scratch = Path(tempfile.mkdtemp(dir=boxes_directory(), prefix=".new-"))
    scratch.chmod(0o755)  # mmdebstrap may enter it as another user
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
