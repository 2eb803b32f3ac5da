"""Sets the sysctls that belong to this network namespace."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc/sys/net")


def set_switch(name: str, value: str) -> str | None:
    """Write a sysctl below /proc/sys/net; returns the problem, if there is one."""
    path = PROC / name
    try:
        if path.read_text().strip() != value:
            path.write_text(value)
    except OSError as error:
        return f"net/{name} cannot be set to {value}: {error.strerror}"
    return None
