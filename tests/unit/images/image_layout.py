"""How image archives are looked into."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.documents import Document


class Layout:
    """An OCI layout in a tar, followed by its digests only."""

    def __init__(self, archive: Path) -> None:
        with tarfile.open(archive) as tar:
            self.files = {
                member.name: content.read()
                for member in tar
                if (content := tar.extractfile(member)) is not None
            }
        self.index: Document = json.loads(self.files["index.json"])

    def blob(self, described: Mapping[str, str]) -> bytes:
        """The blob of a descriptor."""
        return self.files["blobs/" + described["digest"].replace(":", "/")]

    @property
    def manifest(self) -> Document:
        """The first one."""
        found: Document = json.loads(self.blob(self.index["manifests"][0]))
        return found

    @property
    def config(self) -> Document:
        """The image's configuration."""
        found: Document = json.loads(self.blob(self.manifest["config"]))
        return found

    @property
    def members(self) -> dict[str, tarfile.TarInfo]:
        """What lies in its one layer."""
        layer = io.BytesIO(self.blob(self.manifest["layers"][0]))
        with tarfile.open(fileobj=layer) as tar:
            return {member.name: member for member in tar}
