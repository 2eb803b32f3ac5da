"""A scenario's word for a second lab."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.scenario.api.context import World
from testbed.scenario.clients.host_proxy import Outside, beside


@dataclass(frozen=True)
class Neighbour:
    """A second lab on this machine, reached by the `testbed` command alone."""

    name: str
    outside: Outside

    def testbed(self, *arguments: str) -> str:
        """The output of `testbed ARGUMENTS` for that lab. Raises TestbedError if it fails."""
        return self.outside.testbed(self.name, *arguments)

    def down(self) -> None:
        """Take it down; nothing happens if it is."""
        self.testbed("down", "--quiet")


class Neighbours(World):
    """Labs side by side."""

    outside: Outside | None = None
    lab = topology = ""

    def neighbour(self) -> Neighbour:
        """A second lab of the scenario's topology, with nodes of the same kind as this one's.

        It is up and verified, and ends with the scenario.
        """
        if self.outside is None:
            raise TestbedError("this scenario was given nobody who stays outside of its lab")
        found = Neighbour(beside(self.lab), self.outside)
        self._undo.callback(found.down)
        alike = [word for name, value in self.plan.kind.items() for word in (f"--{name}", value)]
        found.testbed("up", self.topology, *alike, "--quiet")
        return found
