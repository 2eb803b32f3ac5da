"""`testbed vagrant`: Vagrant itself, for the machines of the lab that this process has entered."""

from __future__ import annotations

import os
from collections.abc import Sequence

from testbed import paths
from testbed.errors import MachineUnfit, TestbedError
from testbed.plan.model import Plan
from testbed.providers.vagrant import vagrant
from testbed.providers.vagrant.machines import Files


def run_vagrant(plan: Plan, arguments: Sequence[str]) -> None:
    """Replace this process by Vagrant. Raises TestbedError."""
    if "vagrant" not in plan.provider_traits.shims:
        raise TestbedError(
            "this lab has no virtual machines",
            why=f"its nodes are {plan.provider_traits.title}",
            fix="testbed up --cluster kubernetes --nodes vagrant --recreate",
        )
    environment = {**os.environ, **vagrant.environment(Files.of(paths.DATA.readlink()))}
    try:
        os.execvpe("vagrant", ["vagrant", *arguments], environment)
    except FileNotFoundError:
        raise MachineUnfit("vagrant is missing", fix="make deps NODES=vagrant") from None
