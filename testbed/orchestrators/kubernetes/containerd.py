"""The distribution's containerd: where it is, and of which version."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from testbed.errors import MachineUnfit
from testbed.host.run import run
from testbed.render.containerd import Version, parse_version

NAME = "containerd"


def path() -> Path:
    """The program. Raises MachineUnfit if it is not installed."""
    found = shutil.which(NAME)
    if found is None:
        raise MachineUnfit("containerd is not installed", fix="make deps")
    return Path(found)


@cache
def version() -> Version:
    """Of this machine's containerd. Raises MachineUnfit."""
    said = run([str(path()), "--version"], check=False).stdout
    try:
        return parse_version(said)
    except ValueError:
        raise MachineUnfit(
            "the version of containerd is not known", why=said.strip(), fix="make deps"
        ) from None
