"""A network namespace in a virtual machine: of the machine itself, or of a pod on it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.errors import MachineUnfit
from testbed.host import sysfs
from testbed.paths import NODE_TOOLS, SYSTEM_PATH
from testbed.providers.vagrant.machines import USER

if TYPE_CHECKING:
    from testbed.providers.vagrant.guest.ssh import Guest
    from testbed.providers.vagrant.node import GuestNode


# Without a terminal nothing tells a program that the ssh it was started by has ended.
_ENDS_WITH_SSH = ["setpriv", "--pdeathsig", "TERM", "--"]


@dataclass(frozen=True)
class GuestNetns:
    """A RemoteNetns. `netns`: a path in the guest; None is the guest's own network."""

    node: GuestNode
    netns: str | None

    @property
    def guest(self) -> Guest:
        return self.node.guest

    def run(self, command: Sequence[str], check: bool = True) -> subprocess.CompletedProcess[str]:
        path = f"PATH={NODE_TOOLS}:{SYSTEM_PATH}"
        return self.guest.run(["env", path, *self._enter(), *command], check=check)

    def become(self, command: Sequence[str], prompt: str | None) -> None:
        """Raises MachineUnfit without ssh."""
        environment = [f"PATH={NODE_TOOLS}:{SYSTEM_PATH}", f"TESTBED_NODE={self.node.name}"]
        environment += [f"PS1={prompt}"] if prompt else []
        # a terminal's Ctrl-C is the guest's to see; nothing binary passes one unchanged
        terminal = os.isatty(0) and os.isatty(1)
        ending = [] if terminal else _ENDS_WITH_SSH
        there = shlex.join([*ending, "env", *environment, *self._enter(), *command])
        options = {
            "IdentityFile": str(self.node.files.key),
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self.node.files.known_hosts),
            "StrictHostKeyChecking": "yes",
            "LogLevel": "ERROR",
        }
        ssh = ["ssh", "-F", "none", *(w for k, v in options.items() for w in ("-o", f"{k}={v}"))]
        ssh += ["-t" if terminal else "-T", f"{USER}@{self.node.machine.address}", "--", there]
        try:
            os.execvp(ssh[0], ssh)
        except FileNotFoundError:
            raise MachineUnfit("ssh is missing", fix="make deps NODES=vagrant") from None

    def _enter(self) -> list[str]:
        """The words that enter a pod's network; the pod's interfaces show in /sys then."""
        return ["nsenter", f"--net={self.netns}", "--", *sysfs.WITH_OWN] if self.netns else []
