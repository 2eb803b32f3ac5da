"""The fields of an IPPool."""

from __future__ import annotations

from testbed.object_fields.model import Column, Kind, honoured, refused
from testbed.object_fields.schemas import CIDR, FLAG, OVERLAY_MODE, TEXT, number, one_of, some_of

MANUAL, WORKLOAD = "Manual", "Workload"
DEFAULT_BLOCK = {4: 26, 6: 122}  # prefix length of blocks, by family; Calico's

IPPOOL = Kind(
    "IPPool",
    "ippools",
    "Addresses for pods, in blocks. The pools `sr-policies-pool` and `sr-localsids-pool-NODE` hold "
    "SIDs instead; pods get no address from these. A pool that overlaps addresses of routers, "
    "nodes, hosts, links or Services, SIDs, or ranges with a meaning of their own (loopback, "
    "link-local, multicast …) is not used. Of two pools that overlap, pods get addresses from the "
    "older one only; `testbed apply` refuses the other.",
    (
        honoured("cidr", CIDR, "The pool's range."),
        honoured(
            "blockSize",
            number(0, 128),
            "Prefix length of the blocks that nodes claim; 26 for IPv4, 122 for IPv6.",
        ),
        honoured(
            "ipipMode",
            OVERLAY_MODE,
            "IP-in-IP in place of SRv6, for IPv4. CrossSubnet: not between nodes of one subnet, "
            "which reach each other's pods directly.",
        ),
        honoured("vxlanMode", OVERLAY_MODE, "VXLAN in place of SRv6. CrossSubnet as for ipipMode."),
        honoured(
            "encapsulation",
            one_of("None"),
            "Neither SRv6 nor a tunnel: nodes announce the pool's blocks to the router that they "
            "are attached to, and the backbone routes to pods. A pool with neither mode uses SRv6, "
            "so this has to be asked for. The word is that of Calico's Installation; an IPPool of "
            "Calico has no such field.",
        ),
        honoured(
            "natOutgoing",
            FLAG,
            "Packets to anything but pods get the node's address.",
        ),
        honoured("nodeSelector", TEXT, "Nodes that take addresses from the pool."),
        honoured(
            "namespaceSelector",
            TEXT,
            "Namespaces whose pods get addresses from the pool, by the namespace's labels. "
            "An annotation that names the pool comes first.",
        ),
        honoured("disabled", FLAG, "Pods get no more addresses from the pool."),
        honoured(
            "disableBGPExport",
            FLAG,
            "The pool's blocks are not announced. Pods of a VXLAN pool are reached all the same, "
            "because nodes read each other's blocks from the API; pods of other pools are reached "
            "on their own node only.",
        ),
        honoured(
            "assignmentMode",
            one_of("Automatic", MANUAL),
            "Manual: only pods that name the pool or an address of it by annotation.",
        ),
        honoured(
            "allowedUses",
            some_of(WORKLOAD, "Tunnel", "LoadBalancer"),
            "Pods get addresses if the list has Workload, or is empty or absent. The other uses "
            "have no user here: tunnels need no addresses of their own, and there is no load "
            "balancer.",
        ),
        refused("ipip", {"type": "object"}, "Of Calico's v1 API: use ipipMode."),
        refused("nat-outgoing", FLAG, "Of Calico's v1 API: use natOutgoing."),
    ),
    required=("cidr",),
    rules=(
        (
            "isCIDR(self.cidr)",
            "cidr is not a network such as 172.16.0.0/16 or fdfb:af47:32af::/48",
        ),
        (
            "!has(self.ipipMode) || !has(self.vxlanMode)"
            " || self.ipipMode == 'Never' || self.vxlanMode == 'Never'",
            "ipipMode and vxlanMode cannot both be used",
        ),
        (
            "!has(self.encapsulation)"
            " || ((!has(self.ipipMode) || self.ipipMode == 'Never')"
            " && (!has(self.vxlanMode) || self.vxlanMode == 'Never'))",
            "encapsulation None excludes ipipMode and vxlanMode",
        ),
    ),
    columns=(
        Column("CIDR", "string", ".spec.cidr"),
        Column("Block", "integer", ".spec.blockSize"),
        Column("NAT", "boolean", ".spec.natOutgoing"),
        Column("Selector", "string", ".spec.nodeSelector"),
    ),
)
