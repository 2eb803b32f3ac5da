"""A pod, whatever runs it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_interface

from testbed.errors import TestbedError

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


def checked_name(name: str) -> str:
    """The name; raises TestbedError unless it is a DNS label."""
    if not re.fullmatch(NAME, name):
        raise TestbedError(f"{name!r} is no pod name", why="a DNS label is needed (RFC 1123)")
    return name


def unknown_pod(name: str, there: Iterable[str]) -> TestbedError:
    """The error for a pod that is not there."""
    return TestbedError(f"no pod {name!r}", why=f"pods here: {', '.join(there) or 'none'}")
