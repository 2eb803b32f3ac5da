"""A pod, whatever runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_interface
from pathlib import Path

from testbed.errors import TestbedError
from testbed.json_types import as_object, get_optional_text, get_text
from testbed.object_fields.close import did_you_mean

NAME = r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?"


@dataclass(frozen=True)
class Pod:
    """A running pod."""

    name: str
    node: str
    ipv4: str | None
    ipv6: str | None

    @property
    def netns(self) -> str:
        """Name of its network namespace."""
        return f"pod-{self.name}"

    def address(self, family: int) -> IPv4Address | IPv6Address | None:
        """Its address of family 4 or 6."""
        text = self.ipv4 if family == 4 else self.ipv6
        return ip_interface(text).ip if text else None


def read_pod(file: Path) -> Pod:
    """A pod as its file has it. FileNotFoundError if there is none; TestbedError for garbage."""
    try:
        data = as_object(json.loads(file.read_text()))
        addresses = [get_optional_text(data, key) for key in ("ipv4", "ipv6")]
        for address in addresses:
            ip_interface(address or "::")
        return Pod(checked_name(get_text(data, "name")), get_text(data, "node"), *addresses)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, RecursionError, TestbedError) as error:
        raise TestbedError(
            f"pod {file.stem!r}: its file cannot be read",
            where=str(file),
            why=" ".join(str(error).split()),
            fix=f"testbed pod delete {file.stem}",
            exit_code=1,
        ) from None


def checked_name(name: str) -> str:
    """The name; raises TestbedError unless it is a DNS label."""
    if not re.fullmatch(NAME, name):
        raise TestbedError(
            f"{name!r} is no pod name",
            why="a DNS label is needed (RFC 1123)",
            fix="take lower-case letters, digits and '-'",
        )
    return name


def unknown_pod(name: str, there: Iterable[str]) -> TestbedError:
    """The error for a pod that is not there."""
    known = sorted(there)
    fix = did_you_mean(name, known) or "testbed pod list"
    return TestbedError(f"no pod {name!r}", why=f"pods here: {', '.join(known) or 'none'}", fix=fix)
