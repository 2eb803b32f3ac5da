"""The container runtime of a node: runc, with what the whole machine shares made read-only.

A privileged container gets a procfs and a sysfs of its own, mounted writable, and may open any
device: with them it would set the host's kernel and write to its disks. The wrapper closes that in
the container's specification, and lets runc do the rest. What it cannot do: keep a privileged
container, which is root on this kernel, from mounting another procfs. Standard library only: the
node's container imports it while it starts.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

# Written by whoever may; each of these shows a namespace, a control group or a process.
PROC_OWN = ("self", "thread-self", "net", "mounts", "sys/net")
SYS_OWN = ("fs/cgroup", "devices/virtual/net")
# Character devices that a privileged container may open: (major, minor), None for all minors.
DEVICES = {
    "null": (1, 3),
    "zero": (1, 5),
    "full": (1, 7),
    "random": (1, 8),
    "urandom": (1, 9),
    "tty": (5, 0),
    "ptmx": (5, 2),
    "pts": (136, None),
    "net/tun": (10, 200),  # what it gives belongs to the opener's network namespace
}

_SCRIPT = """\
#!/bin/sh
# runc, as containerd calls it on this node; see testbed/providers/namespaces/runtime.py
set -eu
bundle= before=
for word; do
    case $before in --bundle | -b) bundle=$word ;; esac
    before=$word
done
# every container has read-only paths, but for a privileged one; a quote inside a value is escaped
if [ -n "$bundle" ] && ! grep -q '"readonlyPaths":\\[' "$bundle/config.json"; then
    sed -i -e {paths} -e {devices} "$bundle/config.json"
    if ! grep -q '"readonlyPaths":\\[' "$bundle/config.json"; then
        echo "$bundle/config.json is not as expected: no privileged container is started" >&2
        exit 1
    fi
fi
exec runc "$@"
"""


def script(read_only: list[str]) -> str:
    """The wrapper, a shell script: `read_only` are paths in a privileged container."""
    paths = f'"linux":{{"readonlyPaths":{_compact_json(read_only)},'
    rules: list[dict[str, object]] = [{"allow": False, "access": "rwm"}]
    for major, minor in DEVICES.values():
        number = {"major": major} if minor is None else {"major": major, "minor": minor}
        rules.append({"allow": True, "type": "c", **number, "access": "rwm"})
    devices = ",".join(_compact_json(rule) for rule in rules)
    return _SCRIPT.format(
        paths=_substitution('"linux":{', paths),
        devices=_substitution('{"allow":true,"access":"rwm"}', devices),
    )


def _compact_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _substitution(old: str, new: str) -> str:
    """A word for the shell: sed's command that replaces `old`, which has no special character."""
    escaped = "".join("\\" + c if c in "\\&|\n" else c for c in new)
    return shlex.quote(f"s|{old}|{escaped}|")


def read_only_paths(proc: Path, sys: Path) -> list[str]:
    """Paths (in a container) of all that can be written of the host's, seen in a node's mounts."""
    found = [f"/proc/{path}" for path in _all_but(set(PROC_OWN), proc) if not path.isdigit()]
    return found + [f"/sys/{path}" for path in _all_but(set(SYS_OWN), sys)]


def _all_but(exceptions: set[str], top: Path, below: str = "") -> Iterator[str]:
    """The fewest paths that hold everything but the exceptions, relative to `top`."""
    for entry in sorted((top / below).iterdir()):
        path = str(entry.relative_to(top))
        if path in exceptions or entry.is_symlink():
            continue
        if any(e.startswith(path + "/") for e in exceptions):
            yield from _all_but(exceptions, top, path)
        elif entry.is_dir() or entry.stat().st_mode & 0o222:
            yield path
