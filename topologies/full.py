"""The paper's full testbed: the backbone with a Kubernetes cluster of three nodes."""

from typing import Any

from backbone import Backbone

# SIDs as the paper's cluster had them: its policies rely on them.
CLUSTER = {
    "master": {
        "local_sids": ("fcdd::aa:34b8:247c:36da:db44", "fcdd::aa:34b8:247c:36da:db45"),
        "binding_sids": ("cafe::184", "cafe::185"),
    },
    "worker1": {
        "local_sids": ("fcdd::11aa:c11:b42f:f17e:a682", "fcdd::11aa:c11:b42f:f17e:a683"),
        "binding_sids": ("cafe::1c2", "cafe::1c3"),
    },
    "worker2": {
        "local_sids": ("fcdd::12aa:d460:b250:45:b04", "fcdd::12aa:d460:b250:45:b05"),
        "binding_sids": ("cafe::4", "cafe::5"),
    },
}
SID_BYTES = 16  # of each segment in a packet's SRH
ROUTERS = {"master": "r3", "worker1": "r3", "worker2": "r8"}


class Full(Backbone):
    """master and worker1 on r3, worker2 on r8; `joins_later=worker2` leaves it out at first.

    `segments=6`: packets have room for so many; their pods have the same MTU. `encoding=usid`:
    micro SIDs, also of the nodes in place of the paper's. `delays`, `repair`, `bfd`: as in
    Backbone.
    """

    # Any: options of the backbone, and of every link
    def build(
        self,
        delays: str = "",
        joins_later: str = "",
        segments: int = 3,
        encoding: str = "srh",
        **options: Any,
    ) -> None:
        self.max_segments = segments
        for node, sids in CLUSTER.items():
            own = {k: v for k, v in sids.items() if encoding == "srh" or k != "local_sids"}
            self.addClusterNode(node, joins_later=node == joins_later, **own)
        super().build(delays=delays, encoding=encoding, **options)
        for node, router in ROUTERS.items():
            self.addLink(router, node, mtu=1380 + SID_BYTES * (segments - 3))
