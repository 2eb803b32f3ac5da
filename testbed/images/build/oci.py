"""Writes a container image as an OCI image layout in one tar, without registry or Docker.

One uncompressed layer per image: what is only copied within one machine need not be packed.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from testbed.errors import MachineUnfit
from testbed.host.tar import add_file, writer
from testbed.images.build.tree import Tree, write_tar
from testbed.json_types import JsonObject
from testbed.paths import SYSTEM_PATH

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
NAME_ANNOTATION = "io.containerd.image.name"
REF_ANNOTATION = "org.opencontainers.image.ref.name"

_EPOCH = "1970-01-01T00:00:00Z"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """What an image is: its full name, its files, and how a container of it starts.

    `name` in full, as registry.k8s.io/pause:3.10.2.
    """

    name: str
    tree: Tree
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": SYSTEM_PATH})
    user: str = ""
    directory: str = "/"

    @property
    def config(self) -> JsonObject:
        """How a container starts, in OCI's words."""
        found = {
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.command),
            "Env": [f"{key}={value}" for key, value in sorted(self.environment.items())],
            "User": self.user,
            "WorkingDir": self.directory,
        }
        return {key: value for key, value in found.items() if value}


def architecture(machine: str | None = None) -> str:
    """This machine's in OCI's (Go's) words. Raises MachineUnfit for others than x86 and ARM."""
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        raise MachineUnfit(
            f"no container images for the processor {machine}",
            why=f"known are {', '.join(_ARCHITECTURES)}",
        )
    return _ARCHITECTURES[machine]


def write_layout(image: Image, path: Path, machine: str | None = None) -> str:
    """Write the image's archive; gives the digest of its manifest.

    Equal images give equal archives, byte by byte. Raises OSError.
    """
    goarch = architecture(machine)
    with path.open("wb") as target, tempfile.TemporaryFile(dir=path.parent) as layer:
        write_tar(image.tree, layer)
        described = _layer_descriptor(layer)
        with writer(target) as tar:
            return _write_contents(image, goarch, layer, described, tar)


def _layer_descriptor(layer: BinaryIO) -> JsonObject:
    digest = hashlib.sha256()
    layer.seek(0)
    while block := layer.read(1 << 20):
        digest.update(block)
    return {
        "mediaType": LAYER,
        "digest": f"sha256:{digest.hexdigest()}",
        "size": layer.seek(0, io.SEEK_END),
    }


def _write_contents(
    image: Image, goarch: str, layer: BinaryIO, described: JsonObject, tar: tarfile.TarFile
) -> str:
    add_file(tar, "oci-layout", _to_json({"imageLayoutVersion": "1.0.0"}))
    config = _add_blob(tar, CONFIG, _image_config(image, goarch, str(described["digest"])))
    add_file(tar, _blob_path(described), layer)
    manifest = _add_blob(
        tar,
        MANIFEST,
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [described]},
    )
    entry = {
        **manifest,
        "platform": {"architecture": goarch, "os": "linux"},
        "annotations": {NAME_ANNOTATION: image.name, REF_ANNOTATION: image.name},
    }
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    add_file(tar, "index.json", _to_json(index))
    return str(manifest["digest"])


def _image_config(image: Image, goarch: str, diff_id: str) -> JsonObject:
    return {
        "architecture": goarch,
        "os": "linux",
        "created": _EPOCH,
        "config": image.config,
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }


def _add_blob(tar: tarfile.TarFile, media_type: str, content: object) -> JsonObject:
    data = _to_json(content)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    described = {"mediaType": media_type, "digest": digest, "size": len(data)}
    add_file(tar, _blob_path(described), data)
    return described


def _blob_path(described: JsonObject) -> str:
    return f"blobs/{str(described['digest']).replace(':', '/')}"


def _to_json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
