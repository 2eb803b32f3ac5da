"""Recipes of the images that every lab has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.artefacts import program
from testbed.images.build import busybox, tools
from testbed.images.build.oci import Image
from testbed.images.build.recipe import Recipe
from testbed.images.build.tree import Entry, File
from testbed.render.kubernetes import COREDNS_IMAGE, PAUSE_IMAGE


def recipes() -> list[Recipe]:
    """One per builtin image. Raises MachineUnfit for a program that is missing."""
    return [busybox.recipe(), pause(), coredns(), tools.recipe()]


def pause() -> Recipe:
    """The program that holds a pod's namespaces; it needs no rights."""
    return _one_program(PAUSE_IMAGE, program("pause"), user="65535:65535")


def coredns() -> Recipe:
    """The cluster's DNS server."""
    return _one_program(COREDNS_IMAGE, program("coredns"))


def _one_program(name: str, path: Path, user: str = "") -> Recipe:
    """One static program as the whole image; a dynamic one gets its libraries."""
    inside = f"/{path.name}"

    def make(libraries: Sequence[Path]) -> Image:
        tree: dict[str, Entry] = {inside: File(path, 0o755)}
        tree |= {str(library): File(library.resolve(), 0o755) for library in libraries}
        return Image(name, tree, entrypoint=(inside,), user=user)

    return Recipe(name, (path,), make)
