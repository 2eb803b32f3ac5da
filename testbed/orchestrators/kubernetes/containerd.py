"""The distribution's containerd: where it is, and which form of configuration it reads."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

from testbed.errors import MachineUnfit
from testbed.host.run import run

NAME = "containerd"


def path() -> Path:
    """The program. Raises MachineUnfit if it is not installed."""
    found = shutil.which(NAME)
    if found is None:
        raise MachineUnfit("containerd is not installed", fix="make deps")
    return Path(found)


@cache
def config_format() -> int:
    """Of containerd's configuration: 2 before containerd 2.0, 3 from then on."""
    said = run([str(path()), "--version"], check=False).stdout
    found = re.search(r" v?(\d+)\.\d+\.\d+", said)
    if not found:
        raise MachineUnfit("the version of containerd is not known", why=said.strip())
    return 3 if int(found.group(1)) >= 2 else 2
