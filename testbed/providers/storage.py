"""Where a lab's nodes keep what is large: a directory on disk, begun with the lab's images."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from testbed import paths
from testbed.images.build.builtin import recipes
from testbed.images.store.load import loaded
from testbed.images.store.node_store import clone_store

CONTAINERD = "/var/lib/containerd"
DISK_LOW = 64 << 20  # bytes; etcd alone takes as much at a time


@dataclass(frozen=True)
class Storage:
    """A lab's directory on disk, and the store of images that its nodes start with."""

    directory: Path
    images: Path

    @classmethod
    def of_lab(cls) -> Storage:
        """That of the lab which this process has entered."""
        return cls(paths.DATA.readlink(), paths.IMAGES.readlink())

    @property
    def keys(self) -> Path:
        """The lab's authorities."""
        return self.directory / "keys"

    @property
    def loaded(self) -> Path:
        """Archives of images that were loaded into the lab (testbed.images.store.load)."""
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


def on_disk(data: Path, path: str) -> Path:
    """Where, in a node's directory `data`, such a path of the node lies."""
    return data / path.lstrip("/").replace("/", "-")


def disk_problems(free: int, data: Path) -> list[str]:
    """What a lab's disk with so many bytes left keeps from working."""
    if free >= DISK_LOW:
        return []
    return [f"{free >> 20} MB are free for {data}: etcd and new pods need more, make room"]
