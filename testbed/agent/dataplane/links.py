"""Tells which interfaces this network namespace has; /sys may show those of another one."""

from __future__ import annotations

import socket


def has_link(name: str) -> bool:
    """Is there an interface of that name?"""
    try:
        return socket.if_nametoindex(name) > 0
    except OSError:
        return False
