"""Where a lab's nodes keep what is large: a directory on disk, begun with the lab's images."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from testbed.images.builtin import recipes
from testbed.images.load import loaded
from testbed.images.store import clone_store
from testbed.nodes.containers import on_disk

CONTAINERD = "/var/lib/containerd"


@dataclass(frozen=True)
class Storage:
    """A lab's directory on disk, and the store of images that its nodes start with."""

    directory: Path
    images: Path

    @property
    def keys(self) -> Path:
        """The lab's authorities."""
        return self.directory / "keys"

    @property
    def loaded(self) -> Path:
        """Archives of images that were loaded into the lab (testbed.images.load)."""
        return self.directory / "images"

    def node(self, name: str) -> Path:
        """The directory of one node."""
        return self.directory / "nodes" / name

    def fill(self, nodes: Iterable[str]) -> None:
        """Give nodes their images; those that have a store keep it. Raises TestbedError."""
        targets = [on_disk(self.node(name), CONTAINERD) for name in nodes]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda target: clone_store(self.images, target), targets))

    def image_names(self) -> list[str]:
        """Full names of the images that pods find."""
        return sorted({recipe.name for recipe in recipes()} | set(loaded(self.loaded)))
