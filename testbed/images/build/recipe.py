"""A recipe: the files of this machine that an image is made from, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.images.build.oci import Image


@dataclass(frozen=True)
class Recipe:
    """An image that can be made from this machine's files.

    `programs` are needed with the shared libraries that they load; `files` as they are.
    `make` is given the libraries, and gives the image.
    """

    name: str
    programs: tuple[Path, ...]
    make: Callable[[Sequence[Path]], Image]
    files: tuple[Path, ...] = ()
