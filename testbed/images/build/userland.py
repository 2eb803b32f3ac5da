"""Builds a root file system of the distribution's programs; busybox provides the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.images.build import busybox
from testbed.images.build.root_files import carried, merged, place, skeleton
from testbed.images.build.tree import Entry, Link

# Loaded by name at run time, hence unknown to ldd; part of libc itself since glibc 2.34.
_RESOLVERS = ("libnss_files.so.2", "libnss_dns.so.2")


def userland(programs: Sequence[Path], shell: Path, libraries: Sequence[Path]) -> dict[str, Entry]:
    """These programs where the host has them, and `shell`, a busybox, for the names left over.

    `libraries` are those of all of them. Raises TestbedError.
    """
    tree: dict[str, Entry] = {
        **skeleton(),
        **merged(),
        **carried([*programs, shell, *libraries, *_resolver_libraries(libraries)]),
    }
    real = {path.name for path in programs}
    where = place(shell)
    for name in (*busybox.applets(shell), "sh"):
        if name not in real and name != where.name:
            target = "bash" if name == "sh" and "bash" in real else where.name
            tree.setdefault(str(where.with_name(name)), Link(target))
    return tree


def _resolver_libraries(libraries: Sequence[Path]) -> list[Path]:
    homes = {path.parent for path in libraries if path.name.startswith("libc.so")}
    return [home / name for home in sorted(homes) for name in _RESOLVERS if (home / name).exists()]
