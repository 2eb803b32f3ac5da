"""Many cluster nodes around one router, for scale: nodes=20, of which present=3 come up first."""

from testbed.errors import TestbedError
from testbed.topology import LabTopo

MOST = 250  # cluster nodes of a lab


class Star(LabTopo):
    """master and worker1, worker2 … on r1, the injector's host on r2; present=0: all at once."""

    def build(self, nodes: int = 3, present: int = 0, **options: object) -> None:
        if not (2 <= nodes <= MOST and 0 <= present <= nodes):
            raise TestbedError(
                f"{present} of {nodes} nodes: a star has 2 to {MOST}",
                fix="--set nodes=20 --set present=3, or other whole numbers",
            )
        self.addLink(*self.addRouters("r1", "r2"))
        for number in range(nodes):
            name = f"worker{number}" if number else "master"
            self.addClusterNode(name, joins_later=number >= (present or nodes))
            self.addLink("r1", name)
        self.addLink("r2", self.addInjector("gobgp"))
        super().build(**options)
