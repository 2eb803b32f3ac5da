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
    honoured("spec.podSelector", TEXT, "The pods of its namespace that it isolates."),
    honoured(
        "spec.policyTypes",
        TEXT,
        "Without it, the policy is about what these pods receive, and about what they send if it "
        "has egress rules.",
    ),
    honoured(
        "spec.ingress[].from, spec.egress[].to",
        TEXT,
        "podSelector, namespaceSelector or both; or an ipBlock with its except, which ends nothing "
        "that another peer allows.",
    ),
    honoured(
        "spec.ingress[].ports, spec.egress[].ports",
        TEXT,
        "TCP, UDP and SCTP; a number, a range up to endPort, or the name of a port of the pod that "
        "is reached.",
    ),
    reported(
        "spec (without Kubernetes)",
        TEXT,
        "Not enforced: no packet is dropped. `testbed apply` warns, and every node has a PROBLEM.",
    ),
)
NOT_ENFORCED = "is not enforced without Kubernetes: no packet is dropped because of it"
