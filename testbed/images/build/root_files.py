"""Copies parts of a root file system from the distribution's files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from testbed.images.build.tree import Directory, Entry, File, Link

# Directories that a distribution with a merged /usr has as links.
_TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

PASSWD = (
    "root:x:0:0:root:/root:/bin/sh\n"
    "tcpdump:x:72:72::/:/bin/false\n"  # which some distributions' tcpdump becomes
    "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
)
GROUP = "root:x:0:\ntcpdump:x:72:\nnogroup:x:65534:\n"


def skeleton() -> dict[str, Entry]:
    """What a root file system has without any program."""
    return {
        "/etc/group": File(GROUP.encode()),
        "/etc/passwd": File(PASSWD.encode()),
        "/etc/nsswitch.conf": File(b"passwd: files\ngroup: files\nhosts: files dns\n"),
        "/dev": Directory(),
        "/proc": Directory(),
        "/sys": Directory(),
        "/root": Directory(0o700),
        "/run": Directory(),
        "/tmp": Directory(0o1777),
        "/var/tmp": Directory(0o1777),
        "/var/run": Link("../run"),
    }


def merged(root: Path = Path("/")) -> dict[str, Entry]:
    """The host's links /bin → usr/bin … with their targets, so that its paths hold in an image."""
    found: dict[str, Entry] = {}
    for name in _TOP:
        top = root / name
        if top.is_symlink():
            target = str(top.readlink()).lstrip("/")
            found |= {f"/{name}": Link(target), f"/{target}": Directory()}
    return found


def carried(paths: Iterable[Path], mode: int = 0o755) -> dict[str, Entry]:
    """Programs or libraries of the host, each under its own name but never as a link."""
    return {str(place(path)): File(path.resolve(), mode) for path in paths}


def place(path: Path) -> Path:
    """Where a file of the host lies once the links of its directory are followed."""
    return path.parent.resolve() / path.name
