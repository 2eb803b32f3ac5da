"""The box: which one is wanted, where it lies, what it was made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import TypedDict

from testbed.artefacts.settings import cache_root
from testbed.paths import TEMPLATES
from testbed.providers.vagrant.box.distribution import Distribution

RECIPE = TEMPLATES / "box"
PROVIDER = "libvirt"
VERSION = "0"  # what Vagrant calls a box that has no versions
SLASH = "-VAGRANTSLASH-"  # in the name of a box's directory


class OwnBox(TypedDict):
    """Our own box: where it lies, and what it was made from."""

    name: str
    directory: str
    made: str
    distribution: Distribution
    kernel: str
    kernel_package: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Box:
    """A box as Vagrant keeps it; ours has kernel and initrd beside the disk."""

    name: str
    directory: Path
    version: str = VERSION
    stock: bool = False  # an online one: boots by itself and knows nothing of us

    @property
    def collection(self) -> Path:
        """The directory that Vagrant knows as `boxes`, where this one lies."""
        own = self.name.replace("/", SLASH)
        return next(p.parent for p in self.directory.parents if p.name == own)

    @property
    def image(self) -> Path:
        """The disk, qcow2."""
        return self.directory / "box.img"

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.directory / "initrd"

    @property
    def record(self) -> dict[str, object]:
        """Distribution, kernel and packages with their versions."""
        return dict(json.loads((self.directory / "record.json").read_text()))

    @property
    def made(self) -> bool:
        """True if it is there; it is moved there whole."""
        return (self.directory / "record.json").exists()


def boxes_directory() -> Path:
    """Where Vagrant's boxes lie: beside the cached programs. It need not exist yet."""
    return cache_root().parent / "boxes"


def wanted_box(distribution: Distribution) -> Box:
    """The box of this recipe on this distribution, made or not."""
    name = f"testbed-{content_key(distribution)}"
    return Box(name, boxes_directory() / name / VERSION / PROVIDER)


def packages() -> list[str]:
    """What the recipe wants installed."""
    lines = (RECIPE / "packages").read_text().splitlines()
    return [name for line in lines if (name := line.partition("#")[0].strip())]


def content_key(distribution: Distribution) -> str:
    """Hash of all that decides what is in the box, but for versions: those are recorded."""
    digest = hashlib.sha256(f"{distribution.name} {distribution.suite}".encode())
    code = [Path(__file__).with_name(f"{n}.py") for n in ("build", "initrd", "cpio")]
    recipe = sorted(p for p in RECIPE.rglob("*") if p.is_file())
    for path in [*code, *recipe]:
        name = path.relative_to(RECIPE) if path in recipe else path.name
        digest.update(f"\0{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
