"""Checks Docker's archive format: manifest.json, and layers known by their unpacked hash."""

from __future__ import annotations

import re

from testbed.images.archive.names import full_name
from testbed.images.archive.soundness import (
    Contents,
    OtherProcessor,
    Unsound,
    mapping,
    member,
    parsed_list,
)
from testbed.json_types import JsonObject

# A configuration is mostly called by its digest.
_DIGEST_NAME = re.compile(r"\b([0-9a-f]{64})(?:\.json)?$")


def names(contents: Contents, here: str) -> list[str]:
    """The images' names as containerd gives them, once all is found to be whole.

    `here` is this machine, as linux/amd64. Raises Unsound, OtherProcessor.
    """
    found: list[str] = []
    for image in parsed_list(contents, "manifest.json"):
        _check_image(contents, image, here)
        tags = image.get("RepoTags") or []
        if not isinstance(tags, list):
            raise Unsound("manifest.json has RepoTags that are no list")
        found += [full_name(str(tag)) or str(tag) for tag in tags]  # containerd completes these
    return found


def _check_image(contents: Contents, image: JsonObject, here: str) -> None:
    name = str(image.get("Config"))
    config = mapping(contents, name)
    digest = _DIGEST_NAME.search(name)
    if digest and digest[1] != member(contents, name).digest:
        raise Unsound(f"{name} has changed: its SHA-256 is {member(contents, name).digest}")
    platform = f"{config.get('os')}/{config.get('architecture')}"
    if platform != here:
        raise OtherProcessor(platform)
    layers, root = image.get("Layers"), config.get("rootfs")
    diff_ids = root.get("diff_ids") if isinstance(root, dict) else None
    if not isinstance(layers, list) or not isinstance(diff_ids, list):
        raise Unsound("manifest.json or the configuration names no layers")
    if len(layers) != len(diff_ids):
        raise Unsound(f"{len(layers)} layers, but the configuration names {len(diff_ids)}")
    for layer, diff_id in zip(map(str, layers), diff_ids, strict=True):
        if f"sha256:{member(contents, layer).unpacked}" != diff_id:
            raise Unsound(f"layer {layer} has changed")
