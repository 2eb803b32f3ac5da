"""What all guests run, as one disk that none of them can write to: programs, images, the agent.

Mounted at /opt/testbed, where nodes in namespaces have the same things. Made again when any of
it is another; the Python packages are the host's own, as the box has the host's Python.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from testbed.artefacts.cache_dir import fresh, locked_cache_dir
from testbed.errors import TestbedError
from testbed.host.run import run
from testbed.interpreter import FLAGS, own_program
from testbed.paths import NODE_SHARE, PACKAGE
from testbed.providers.vagrant.box.box import boxes_directory
from testbed.providers.vagrant.machines import PAYLOAD

BIN, PYTHON, IMAGES = f"{NODE_SHARE}/bin", f"{NODE_SHARE}/python", f"{NODE_SHARE}/containerd"
# How a guest runs a module of the payload: followed by the module and its arguments.
_START = f"{PYTHON}/testbed/providers/vagrant/guest/start_main.py"
MODULE = ("/usr/bin/python3", *FLAGS, _START)
# What testbed.agent imports beyond the standard library; modules, as Python finds them.
AGENT_NEEDS = (
    *("grpc", "google.protobuf", "google._upb", "inotify_simple", "ruamel.yaml"),
    "typing_extensions",  # grpc's
)
_PREFIX = "payload"


def ensure_payload(programs: Mapping[str, Path], images: Path, say: Callable[[str], None]) -> Path:
    """The disk for these programs (name → executable) and this store of images, made if missing."""
    directory = boxes_directory()
    target = directory / f"{_PREFIX}-{_content_key(programs, images)}.img"
    if not target.exists():
        with locked_cache_dir(directory):
            if not target.exists():
                say("making the disk of programs for virtual machines")
                _make_image(target, programs, images)
                for old in directory.glob(f"{_PREFIX}-*.img"):
                    if old != target:
                        old.unlink()
    return target


def _make_image(target: Path, programs: Mapping[str, Path], images: Path) -> None:
    tree = target.with_name(f".new-{target.stem}")
    try:
        _copy_programs(tree / "bin", programs)
        _copy_packages(tree / "python")
        run(["cp", "-a", "--reflink=auto", str(images), str(tree / "containerd")], timeout=300)
        with fresh(target) as draft:
            make = ["mkfs.ext4", "-q", "-F", "-L", PAYLOAD[:16], "-O", "^has_journal"]
            make += ["-m", "0", "-E", "lazy_itable_init=0", "-d", str(tree), str(draft)]
            run([*make, f"{_size_in_megabytes(tree)}M"], timeout=300)
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def _copy_programs(directory: Path, programs: Mapping[str, Path]) -> None:
    """One copy of each file: several names are one program."""
    directory.mkdir(parents=True)
    seen: dict[tuple[int, int], str] = {}
    for name, path in sorted(programs.items()):
        found = path.stat()
        first = seen.setdefault((found.st_dev, found.st_ino), name)
        if first == name:
            shutil.copy(path, directory / name)
        else:
            os.link(directory / first, directory / name)
    # a guest's kernel is its own: no container is kept from it, unlike on namespaces
    (directory / "testbed-runtime").symlink_to("/usr/sbin/runc")


def _copy_packages(directory: Path) -> None:
    for source, name in _package_sources():
        copied = directory / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copied)
    # compiled here, once: a guest would do it at every start, and slowly
    run(
        own_program("compileall", "-q", "-j", "0", str(directory)),
        timeout=300,
        check=False,
    )


def _package_sources() -> list[tuple[Path, str]]:
    """(directory or file, path below PYTHON) of everything that the agent imports."""
    found = [(PACKAGE, "testbed")]
    for module in AGENT_NEEDS:
        spec = importlib.util.find_spec(module)
        if spec is None:
            raise TestbedError(f"Python's {module} is missing", fix="make deps", exit_code=4)
        path = module.replace(".", "/")
        if spec.submodule_search_locations:
            found.append((Path(next(iter(spec.submodule_search_locations))), path))
        elif spec.origin is not None:
            found.append((Path(spec.origin), path + Path(spec.origin).suffix))
    return found


def _content_key(programs: Mapping[str, Path], images: Path) -> str:
    """Hash of what would be on the disk: programs by stat, Python's by content."""
    digest = hashlib.sha256(images.name.encode())
    for name, path in sorted(programs.items()):
        found = path.stat()
        digest.update(f"\0{name} {path} {found.st_size} {found.st_mtime_ns}".encode())
    for source, name in _package_sources():
        files = sorted(source.rglob("*.py")) if source.is_dir() else [source]
        for file in files:
            digest.update(f"\0{name}/{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _size_in_megabytes(tree: Path) -> int:
    """The disk's size: what is in it, and the file system's own."""
    seen: dict[int, int] = {}
    count = 0
    for path in tree.rglob("*"):
        found = path.lstat()
        seen[found.st_ino] = found.st_blocks * 512
        count += 1
    return (sum(seen.values()) + count * 512 >> 20) + 48
