"""Becoming a command in a virtual machine, or in the network of one of its pods, through ssh."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from testbed.errors import MachineUnfit
from testbed.host.environment import PATH
from testbed.lab import pods
from testbed.nodes import guests
from testbed.nodes.containers import TOOLS
from testbed.plan.model import Plan
from testbed.vm.machines import USER


def machine_of(plan: Plan, name: str) -> tuple[guests.GuestNode, str | None] | None:
    """The machine where a node or pod is, with the pod's namespace there; None if it is in none."""
    if not plan.virtual:
        return None
    node = guests.known(name)
    if node is not None:
        return node, None
    for pod in pods.listing(plan):
        if pod.name == name and (host := guests.known(pod.node)) is not None:
            return host, guests.pod_netns(pod.node, name)
    return None


def become(
    node: guests.GuestNode, netns: str | None, command: Sequence[str], prompt: str | None
) -> None:
    """Replace this process; the exit code is the command's. Raises MachineUnfit without ssh."""
    environment = [f"PATH={TOOLS}:{PATH}", f"TESTBED_NODE={node.name}"]
    environment += [f"PS1={prompt}"] if prompt else []
    there = shlex.join(["env", *environment, *guests.enter_pod(netns), *command])
    options = {
        "IdentityFile": str(node.files.key),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": str(node.files.known_hosts),
        "StrictHostKeyChecking": "yes",
        "LogLevel": "ERROR",
    }
    ssh = ["ssh", "-F", "none", *(w for k, v in options.items() for w in ("-o", f"{k}={v}"))]
    ssh += ["-t" if sys.stdin.isatty() else "-T", f"{USER}@{node.machine.address}", "--", there]
    try:
        os.execvp(ssh[0], ssh)
    except FileNotFoundError:
        raise MachineUnfit("ssh is missing", fix="make deps NODES=vagrant") from None
