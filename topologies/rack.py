"""Two cluster nodes on one LAN and a third elsewhere: for CrossSubnet overlays."""

from testbed.topology import LabTopo


class Rack(LabTopo):
    """A triangle of routers: master and worker1 share a subnet at r1, worker2 has its own at r3."""

    def build(self, **options: object) -> None:
        r1, r2, r3 = self.addRouters("r1", "r2", "r3")
        self.addLink(r1, r2)
        self.addLink(r2, r3)
        self.addLink(r1, r3, igp_metric=15)
        rack = self.addSwitch("rack")
        self.addLink(r1, rack)
        self.addLink(rack, self.addClusterNode("master"), mtu=1420)
        self.addLink(rack, self.addClusterNode("worker1"), mtu=1420)
        self.addLink(r3, self.addClusterNode("worker2"), mtu=1420)
        self.addLink(r2, self.addInjector("gobgp"))
        super().build(**options)
