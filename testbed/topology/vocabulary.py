"""Defines `LabTopo`: an IPTopo with methods for cluster nodes and the injector's host."""

from __future__ import annotations

from testbed.topology.upstream import IPTopo


class LabTopo(IPTopo):  # type: ignore[misc]
    """An IPTopo with cluster nodes.

    Class attributes are the plan's own options; a plain IPTopo gets these defaults. Pods get
    addresses from `pods_v4` and `pods_v6`; None leaves a family out.
    """

    asn = 64512
    te_mode = "bgp"
    repair = "off"
    encoding = "srh"
    max_segments = 3
    pods_v4: str | None = "172.16.0.0/16"
    pods_v6: str | None = "fdfb:af47:32af::/48"

    def addClusterNode(self, name: str, **options: object) -> str:
        """A cluster node: gobgpd, the overlay agent, pods.

        Options: ip (its address or addresses), sid_pool, local_sids=(DT4, DT6),
        binding_sids=(v4, v6), control_plane, joins_later. What is left out is derived from
        the paper's scheme, SIDs reproducibly from the node's name.
        """
        node: str = self.addHost(name, cluster=True, **options)
        return node

    def addInjector(self, name: str = "gobgp", **options: object) -> str:
        """The external controller's host, which feeds SR Policies by BGP."""
        node: str = self.addHost(name, injector=True, **options)
        return node
