"""The fields of BGPPeers and of the BGPConfiguration."""

from __future__ import annotations

from testbed.object_fields.model import Column, Kind, honoured, refused, reported
from testbed.object_fields.schemas import (
    AS_NUMBER,
    CIDR,
    FLAG,
    NUMBER,
    SECRET,
    TEXT,
    TEXTS,
    number,
    one_of,
    records,
)

NODE_OR_SELECTOR = "node and nodeSelector cannot both be used"
BGP_PEER = Kind(
    "BGPPeer",
    "bgppeers",
    "A BGP session beside the mesh of nodes. Sessions are iBGP, over IPv6. A peer that is no node "
    "may announce SR Policies, and no pod prefixes.",
    (
        honoured("peerIP", TEXT, "The peer's IPv6 address, perhaps with a port: [fd00::1]:1179."),
        honoured("asNumber", AS_NUMBER, "The peer's AS; any but the cluster's is a PROBLEM."),
        honoured("node", TEXT, "The one node that has the session."),
        honoured(
            "nodeSelector", TEXT, "Nodes that have the session; all without it. Not with node."
        ),
        refused("peerSelector", TEXT, "Give peerIP; nodes are peers by the mesh."),
        refused("localWorkloadSelector", TEXT, "Pods are no peers."),
        refused("localASNumber", AS_NUMBER, "Sessions are iBGP, in the cluster's AS."),
        refused("password", SECRET, "Sessions have no password (TCP MD5)."),
        refused("ttlSecurity", NUMBER, "Sessions have no TTL security.", 0),
        refused("filters", TEXTS, "There are no BGPFilters."),
        reported(
            "keepOriginalNextHop",
            FLAG,
            "Without meaning in iBGP: nodes announce what is theirs, and pass nothing on.",
        ),
        reported("nextHopMode", one_of("Auto", "Self", "Keep"), "As keepOriginalNextHop.", "Auto"),
        reported(
            "numAllowedLocalASNumbers",
            NUMBER,
            "Without meaning in iBGP, where the AS path is empty.",
            0,
        ),
        reported(
            "sourceAddress",
            one_of("UseNodeIP", "None"),
            "Sessions start at the node's address.",
            "UseNodeIP",
        ),
        reported(
            "maxRestartTime",
            TEXT,
            "The restart time (RFC 4724) is 15 s, and 90 s between emulated machines.",
        ),
        reported("reachableBy", TEXT, "Peers are reached by the routes that the node has."),
        reported(
            "reversePeering", one_of("Auto", "Manual"), "Only for peerSelector.", "Auto", "Manual"
        ),
    ),
    rules=(
        (
            "!has(self.node) || self.node == ''"
            " || !has(self.nodeSelector) || self.nodeSelector == ''",
            NODE_OR_SELECTOR,
        ),
    ),
    columns=(
        Column("Peer", "string", ".spec.peerIP"),
        Column("AS", "integer", ".spec.asNumber"),
        Column("Node", "string", ".spec.node"),
    ),
)

_ONLY_BLOCKS = "Nodes announce the blocks of their pods, and SR Policies."

BGP_CONFIGURATION = Kind(
    "BGPConfiguration",
    "bgpconfigurations",
    "Settings of BGP for all nodes. Only the one named `default` is read; another one is a "
    "PROBLEM.",
    (
        honoured("asNumber", AS_NUMBER, "The cluster's AS."),
        honoured(
            "nodeToNodeMeshEnabled",
            FLAG,
            "Each node has a session with each other; default true.",
        ),
        reported("listenPort", number(1, 65535), "Nodes listen on port 179.", 179),
        reported("bindMode", one_of("None", "NodeIP"), "Nodes listen on all addresses.", "None"),
        reported("logSeverityScreen", TEXT, "Logs have one level.", "Info"),
        reported("nodeMeshPassword", SECRET, "Sessions have no password (TCP MD5)."),
        reported(
            "nodeMeshMaxRestartTime",
            TEXT,
            "The restart time (RFC 4724) is 15 s, and 90 s between emulated machines.",
        ),
        reported("serviceClusterIPs", records(cidr=CIDR), _ONLY_BLOCKS),
        reported("serviceExternalIPs", records(cidr=CIDR), _ONLY_BLOCKS),
        reported("serviceLoadBalancerIPs", records(cidr=CIDR), _ONLY_BLOCKS),
        reported(
            "serviceLoadBalancerAggregation",
            one_of("Enabled", "Disabled"),
            _ONLY_BLOCKS,
            "Enabled",
        ),
        reported("communities", records(name=TEXT, value=TEXT), "Announcements have none."),
        reported(
            "prefixAdvertisements",
            records(cidr=CIDR, communities=TEXTS),
            "Announcements have no communities.",
        ),
        reported("ignoredInterfaces", TEXTS, "Nodes have one uplink."),
        reported("localWorkloadPeeringIPV4", TEXT, "Pods are no peers."),
        reported("localWorkloadPeeringIPV6", TEXT, "Pods are no peers."),
    ),
    columns=(
        Column("AS", "integer", ".spec.asNumber"),
        Column("Mesh", "boolean", ".spec.nodeToNodeMeshEnabled"),
    ),
)
