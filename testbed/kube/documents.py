"""API objects as documents, and YAML from outside, read safely."""

from __future__ import annotations

from typing import Any, TypeAlias

# Any: what is below `spec`, `status` or `data` depends on the kind, and each reader of a kind
# checks what it reads.
KubeObject: TypeAlias = dict[str, Any]


def load_yaml(text: str) -> list[object]:
    """The documents of a YAML text; raises ValueError on anything else."""
    from ruamel.yaml import YAML  # not needed at all while every object is JSON

    try:
        return list(YAML(typ="safe", pure=True).load_all(text))
    except Exception as error:  # the parser raises many kinds of its own on hostile input
        raise ValueError(short_text(error)) from None


def short_text(error: BaseException) -> str:
    """The words of an error on one line, at most 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__
