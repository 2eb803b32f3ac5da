"""Checks that an image archive is complete, and lists the images in it.

Two formats, as `docker save`, `podman save`, `skopeo copy` or a build tool write them: the OCI
image layout and Docker's own. An archive that is both is read as an OCI layout, like containerd.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError
from testbed.images.archive import docker_archive
from testbed.images.archive.contents import read_contents
from testbed.images.archive.names import full_name
from testbed.images.archive.soundness import OtherProcessor, Unsound
from testbed.images.build import oci_layout
from testbed.images.build.oci import architecture


@dataclass(frozen=True)
class Archive:
    """A sound archive. `names`: what containerd calls an image → its full name."""

    format: str
    names: Mapping[str, str]


def check_archive(file: Path, where: str) -> Archive:
    """Read the whole archive (an uncompressed tar); `where` names it in errors.

    Raises TestbedError: no image archive, damaged, without a name, or for other processors.
    """
    here = f"linux/{architecture()}"
    try:
        contents = read_contents(file)
        if "oci-layout" in contents:
            found = Archive("OCI layout", _complete_names(oci_layout.names(contents, here)))
        elif "manifest.json" in contents:
            found = Archive("Docker archive", _complete_names(docker_archive.names(contents, here)))
        else:
            raise Unsound("it has neither oci-layout nor manifest.json")
    except Unsound as error:
        raise TestbedError(
            "no image archive, or a damaged one",
            where=where,
            why=str(error),
            fix="save the image again: docker save, podman save, skopeo copy … oci-archive:FILE",
        ) from None
    except OtherProcessor as error:
        raise TestbedError(
            "the image is for another kind of machine",
            where=where,
            why=f"it is for {error}, this machine is {here}",
            fix=f"build or pull it with --platform {here}",
        ) from None
    if not found.names:
        raise TestbedError(
            "the archive names no image, so that no pod could ask for it",
            where=where,
            fix="save it by its name: docker save NAME:TAG, or "
            "skopeo copy … oci-archive:FILE:NAME:TAG",
        )
    return found


def _complete_names(called: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in called:
        full = full_name(name)
        if full is None:
            raise Unsound(f"{name!r} is no image name")
        found[name] = full
    return found
