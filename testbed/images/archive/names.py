"""Completes image names as container runtimes do."""

from __future__ import annotations

import re

_HUB, _LIBRARY = "docker.io", "library"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_FULL = re.compile(
    rf"{_REGISTRY}/{_COMPONENT}(?:/{_COMPONENT})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


def full_name(name: str) -> str | None:
    """busybox → docker.io/library/busybox:latest; None for what is no image name."""
    repository, at, digest = name.partition("@")
    path, slash, last = repository.rpartition("/")
    if ":" not in last and not at:
        last += ":latest"
    registry, inner, rest = f"{path}{slash}{last}".partition("/")
    if not inner or not (registry == "localhost" or set(registry) & set(".:")):
        registry, rest = _HUB, f"{path}{slash}{last}"
    if registry == f"index.{_HUB}":
        registry = _HUB
    if registry == _HUB and "/" not in rest:
        rest = f"{_LIBRARY}/{rest}"
    found = f"{registry}/{rest}{at}{digest}"
    return found if _FULL.fullmatch(found) else None
