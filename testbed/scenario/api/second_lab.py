"""`testbed.second_labs`: a lab beside the one that the scenario runs in."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.scenario.api.context import Context
from testbed.scenario.clients.host_proxy import HostProxy, second_lab_name


@dataclass(frozen=True)
class SecondLab:
    """A second lab on this machine, reached by the `testbed` command alone."""

    name: str
    host_proxy: HostProxy

    def testbed(self, *arguments: str) -> str:
        """The output of `testbed ARGUMENTS` for that lab. Raises TestbedError if it fails."""
        return self.host_proxy.testbed(self.name, *arguments)

    def down(self) -> None:
        """Take it down; nothing happens if it is."""
        self.testbed("down", "--quiet")


class SecondLabs:
    """Labs side by side."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def bring_up(self) -> SecondLab:
        """A second lab of the scenario's topology, with nodes of the same kind as this one's.

        It is up and verified, and ends with the scenario.
        """
        context = self._context
        if context.host_proxy is None:
            raise TestbedError("this scenario was given no process outside of its lab")
        found = SecondLab(second_lab_name(context.lab), context.host_proxy)
        context.undo.callback(found.down)
        kind = [word for name, value in context.plan.kind.items() for word in (f"--{name}", value)]
        found.testbed("up", context.topology, *kind, "--quiet")
        return found
