"""Classes for topology files (topologies/*.py), based on IPMininet's IPTopo.

    from testbed.topology import LabTopo

    class MyTopo(LabTopo):
        def build(self):
            r1, r2 = self.addRouters("r1", "r2")
            self.addLink(r1, r2, igp_metric=5, delay="5ms")
            self.addLink(r1, self.addClusterNode("worker1"), mtu=1380)

A plain IPTopo works as well: `addHost("worker1", cluster=True)`.
"""

from __future__ import annotations

from testbed.topology.vocabulary import LabTopo

__all__ = ["LabTopo"]
