"""What annotations of pods and namespaces ask of the CNI plugin."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.object_fields.close import did_you_mean
from testbed.object_fields.model import Fate, Field, honoured, not_read, refused
from testbed.object_fields.schemas import TEXT

PREFIX = "cni.projectcalico.org/"
IP_ADDRS, IPV4_POOLS, IPV6_POOLS = (PREFIX + name for name in ("ipAddrs", "ipv4pools", "ipv6pools"))
# All of these are for a CNI plugin: one that is not known is a mistake, not somebody else's.
_PREFIXES = (PREFIX, "qos.projectcalico.org/")
_UNLIMITED = "A pod's traffic is not limited; a link's is: testbed link set."
_OWN_NOTES = "A note that Calico writes of what it did."

ANNOTATIONS = (
    honoured(
        IP_ADDRS,
        TEXT,
        'On pods: a JSON list with an address, or one per family, as `["172.16.0.7"]`. The '
        "address has to be free, in a pool for this node, and in no other node's block.",
    ),
    honoured(
        IPV4_POOLS,
        TEXT,
        "On pods, else on their namespace: a JSON list of IPPools by name or range. The pod gets "
        "its address from these; assignmentMode and namespaceSelector do not count then.",
    ),
    honoured(IPV6_POOLS, TEXT, "The same for IPv6."),
    refused(PREFIX + "ipAddrsNoIpam", TEXT, "Every address comes from an IPPool: use ipAddrs."),
    refused(PREFIX + "floatingIPs", TEXT, "There are no floating IPs: use a Service."),
    refused(PREFIX + "hwAddr", TEXT, "MACs are chosen by the agent."),
    refused(PREFIX + "allowedSourcePrefixes", TEXT, "A pod's source addresses are not filtered."),
    refused("kubernetes.io/ingress-bandwidth", TEXT, _UNLIMITED),
    refused("kubernetes.io/egress-bandwidth", TEXT, _UNLIMITED),
    *(
        refused(f"qos.projectcalico.org/{way}{what}", TEXT, _UNLIMITED)
        for way in ("ingress", "egress")
        for what in ("Bandwidth", "PacketRate", "MaxConnections")
    ),
    not_read(PREFIX + "podIP", _OWN_NOTES),
    not_read(PREFIX + "podIPs", _OWN_NOTES),
    not_read(PREFIX + "containerID", _OWN_NOTES),
)
_BY_NAME = {field.name: field for field in ANNOTATIONS}


def refusals(annotations: Mapping[str, str]) -> list[str]:
    """Why a pod with these annotations cannot be attached as it asks; empty if it can."""
    ours = sorted(n for n in annotations if n.startswith(_PREFIXES) or n in _BY_NAME)
    return [why for name in ours if (why := _refusal(name, _BY_NAME.get(name)))]


def _refusal(name: str, field: Field | None) -> str:
    if field is None:
        hint = did_you_mean(name, _BY_NAME)
        return f"annotation {name[:120]} is not known" + (f"; {hint}" if hint else "")
    if field.fate is Fate.REFUSED:
        return f"annotation {name} is not supported. {field.words}"
    return ""
