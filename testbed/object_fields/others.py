"""Objects of Kubernetes itself of which agents read a part: Node, ConfigMap, NetworkPolicy."""

from __future__ import annotations

from testbed.object_fields.model import Field, honoured, not_read, reported
from testbed.object_fields.schemas import TEXT

NODE_FIELDS: tuple[Field, ...] = (
    honoured("metadata.name", TEXT, "The node that an agent with this name is on."),
    honoured("metadata.uid", TEXT, "Owner of the node's claims of blocks, which go with it."),
    honoured("metadata.labels", TEXT, "What the selectors of IPPools and BGPPeers look at."),
    honoured(
        "status.addresses",
        TEXT,
        "The first InternalIP of each family. BGP sessions and tunnels use the IPv6 address.",
    ),
    not_read("spec.podCIDR, spec.podCIDRs", "Blocks come from IPPools."),
    not_read("spec.taints, spec.unschedulable", "They are the scheduler's."),
    not_read(
        "annotations projectcalico.org/*",
        "Addresses come from status.addresses, the AS from BGPConfiguration; there are no route "
        "reflectors.",
    ),
)

NETWORK_POLICY_FIELDS: tuple[Field, ...] = (
    reported(
        "spec",
        TEXT,
        "Not enforced: no packet is dropped. `kubectl apply` and `testbed apply` warn, every node "
        "has a PROBLEM, and the object gets a Warning event.",
    ),
)
NOT_ENFORCED = "is not enforced: no packet is dropped because of it"
