"""Checks an OCI image layout: an index that refers to blobs by their digests."""

from __future__ import annotations

from collections.abc import Iterator

from testbed.images.archive.soundness import (
    Contents,
    OtherProcessor,
    Unsound,
    mapping,
    mappings,
    member,
)
from testbed.images.build.oci import INDEX, MANIFEST, NAME_ANNOTATION, REF_ANNOTATION
from testbed.json_types import JsonObject

_INDEXES = (INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = (MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
_DEPTH = 4  # of indexes within indexes


def names(contents: Contents, here: str) -> list[str]:
    """The images' names as containerd gives them, once what is for `here` is found to be whole.

    `here` is this machine, as linux/amd64. Raises Unsound, OtherProcessor.
    """
    version = mapping(contents, "oci-layout").get("imageLayoutVersion")
    if version != "1.0.0":
        raise Unsound(f"oci-layout is of version {version!r}, not 1.0.0")
    index = mapping(contents, "index.json")
    descriptors = mappings(index.get("manifests"), "manifests in index.json")
    platforms = [p for d in descriptors for p in _check_descriptor(contents, d, here, 0)]
    if here not in platforms:
        raise OtherProcessor(", ".join(sorted(set(platforms))) or "no machine at all")
    return [name for name in map(_image_name, descriptors) if name]


def _check_descriptor(
    contents: Contents, descriptor: JsonObject, here: str, depth: int
) -> Iterator[str]:
    """The platforms of the images below a descriptor; those for `here` are read in full."""
    if depth > _DEPTH:
        raise Unsound("indexes within indexes within indexes")
    kind = descriptor.get("mediaType")
    if kind not in (*_INDEXES, *_MANIFESTS):
        return  # signatures and the like
    if depth and _blob_path(descriptor) not in contents:
        return  # an index may name platforms that were left out when it was saved
    content = mapping(contents, _check_blob(contents, descriptor))
    if kind in _INDEXES:
        for inner in mappings(content.get("manifests"), "manifests in an index"):
            yield from _check_descriptor(contents, inner, here, depth + 1)
        return
    platform = _read_platform(contents, descriptor, content)
    if platform == here:
        for layer in mappings(content.get("layers"), "layers in a manifest"):
            _check_blob(contents, layer)
    yield platform


def _read_platform(contents: Contents, descriptor: JsonObject, manifest: JsonObject) -> str:
    config = manifest.get("config")
    if not isinstance(config, dict):
        raise Unsound("a manifest has no config")
    found: object = descriptor.get("platform") or mapping(contents, _check_blob(contents, config))
    _check_blob(contents, config)
    if not isinstance(found, dict):
        raise Unsound("a descriptor's platform is no JSON object")
    return f"{found.get('os')}/{found.get('architecture')}"


def _image_name(descriptor: JsonObject) -> str:
    annotations = descriptor.get("annotations") or {}
    if not isinstance(annotations, dict):
        raise Unsound("annotations in index.json are no JSON object")
    if name := annotations.get(NAME_ANNOTATION):
        return str(name)
    reference = str(annotations.get(REF_ANNOTATION, ""))
    return reference if set(reference) & set("/:@") else ""  # a mere tag names nothing


def _check_blob(contents: Contents, descriptor: JsonObject) -> str:
    """The path of a blob, which is there and is what its descriptor says."""
    path = _blob_path(descriptor)
    found = member(contents, path)
    if f"sha256:{found.digest}" != descriptor["digest"]:
        raise Unsound(f"{path} has changed: its SHA-256 is {found.digest}")
    if found.size != descriptor.get("size"):
        raise Unsound(f"{path} has {found.size} bytes, not {descriptor.get('size')}")
    return path


def _blob_path(descriptor: JsonObject) -> str:
    digest = descriptor.get("digest")
    if not isinstance(digest, str) or not digest.startswith("sha256:"):
        raise Unsound(f"{digest!r} is no SHA-256 digest")
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"
