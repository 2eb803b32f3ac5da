"""What a machine looks like, as JSON: run it before and after a lab and compare.

Run as `python host_snapshot.py`, inside the sandbox of sandbox.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

IP_QUERIES = (
    ("link",),
    ("addr",),
    ("netns", "list"),
    ("-4", "route", "show", "table", "all"),
    ("-6", "route", "show", "table", "all"),
    ("-4", "rule"),
    ("-6", "rule"),
    ("neigh",),
)
FILES = ("/run", "/tmp", "/var/tmp", "/dev/shm", "/etc/frr", "/var/lib/frr", "/etc/netns")
SYSCTLS = ("net/ipv4", "net/ipv6", "kernel/hostname", "kernel/core_pattern", "fs/inotify")


def snapshot() -> dict[str, list[str]]:
    """Sections of lines; two equal machines have equal sections."""
    state = {f"ip {' '.join(q)}": _lines("ip", *q) for q in IP_QUERIES}
    state["mounts"] = Path("/proc/1/mountinfo").read_text().splitlines()
    state["processes"] = sorted(_processes())
    found = [_lines("find", root, "-xdev", "-printf", "%p %y %m %U %s\n") for root in FILES]
    # The size of a tmpfs directory tells nothing, and a directory's lines tell what is in it.
    state["files"] = sorted(line for lines in found for line in lines if " d " not in line)
    state["directories"] = sorted(
        line.rpartition(" ")[0] for lines in found for line in lines if " d " in line
    )
    state["cgroups"] = _lines("find", "/sys/fs/cgroup", "-type", "d", "-name", "*testbed*")
    state["sysctls"] = sorted(_sysctls())
    return state


def _lines(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def _processes() -> list[str]:
    """Command lines of all but this process and the sandbox's init."""
    said = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in (1, os.getpid()):
            continue
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue  # ended meanwhile
        said.append(command.replace(b"\0", b" ").decode(errors="replace") or f"zombie {entry.name}")
    return said


def _sysctls() -> list[str]:
    said = []
    for name in SYSCTLS:
        root = Path("/proc/sys") / name
        for path in [root] if root.is_file() else root.rglob("*"):
            try:
                said.append(f"{path}={path.read_text()}")
            except OSError:
                continue  # a directory, or write-only
    return said


if __name__ == "__main__":
    json.dump(snapshot(), sys.stdout)
