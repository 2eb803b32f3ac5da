"""The fields of a BlockAffinity."""

from __future__ import annotations

from testbed.object_fields.model import Column, Kind, honoured, reported
from testbed.object_fields.schemas import CIDR, TEXT, one_of

BLOCK_AFFINITY = Kind(
    "BlockAffinity",
    "blockaffinities",
    "A node's claim of a block. Agents make and delete them, one per block; the object's "
    "appearance is the claim. What a node announces is believed if a claim of that node covers it.",
    (
        honoured("node", {"type": "string", "minLength": 1}, "The node that owns the block."),
        honoured("cidr", CIDR, "The block."),
        reported("state", TEXT, "A claim counts while the object is there.", "confirmed"),
        reported("deleted", TEXT, "A claim ends with the object.", "false"),
        reported("type", one_of("host", "virtual"), "Owners are nodes.", "host"),
    ),
    required=("node", "cidr"),
    rules=(("isCIDR(self.cidr)", "cidr is not a network"),),
    columns=(
        Column("Node", "string", ".spec.node"),
        Column("CIDR", "string", ".spec.cidr"),
        Column("State", "string", ".spec.state"),
    ),
)
