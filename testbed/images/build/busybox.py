"""The recipe of the image busybox, made from the distribution's program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from testbed.errors import MachineUnfit
from testbed.host.run import run
from testbed.images.build.libraries import system_program
from testbed.images.build.oci import Image
from testbed.images.build.recipe import Recipe
from testbed.images.build.root_files import carried, merged, skeleton
from testbed.images.build.tree import Entry, File, Link

NAME = "docker.io/library/busybox:latest"


def program() -> Path:
    """The distribution's busybox. Raises MachineUnfit where there is none."""
    found = system_program("busybox")
    if found is None:
        raise MachineUnfit("program 'busybox' is missing", fix="run `make deps`")
    return found


def applets(busybox: Path) -> list[str]:
    """What this busybox can be called. Raises TestbedError."""
    return run([str(busybox), "--list"]).stdout.split()


def links(names: Iterable[str]) -> dict[str, Entry]:
    """The applets as links to the program, all beside it in /bin."""
    return {f"/bin/{name}": Link("busybox") for name in names if name != "busybox"}


def recipe() -> Recipe:
    """busybox and its applets; with its libraries, if the distribution's is not static."""
    found = program()

    def make(libraries: Sequence[Path]) -> Image:
        tree: dict[str, Entry] = skeleton() | links(applets(found))
        tree["/bin/busybox"] = File(found.resolve(), 0o755)
        if libraries:
            # its own /bin stays a directory
            tree |= {path: entry for path, entry in merged().items() if path.startswith("/lib")}
            tree |= carried(libraries)
        return Image(NAME, tree, command=("sh",))

    return Recipe(NAME, (found,), make)
