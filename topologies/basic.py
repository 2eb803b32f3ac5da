"""The paper's basic testbed: the same cluster around one router, best effort only."""

from full import CLUSTER

from testbed.topology import LabTopo


class Basic(LabTopo):
    """master, worker1, worker2 and the injector's host on r1."""

    def build(self, joins_later: str = "", **options: object) -> None:
        self.addRouter("r1")
        for node, sids in CLUSTER.items():
            self.addClusterNode(node, joins_later=node == joins_later, **sids)
            self.addLink("r1", node, mtu=1380)
        self.addLink("r1", self.addInjector("gobgp"))
        super().build(**options)
