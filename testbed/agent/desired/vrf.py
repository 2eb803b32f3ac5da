"""The VRF behind End.DT4 (RFC 8986, section 4.7): its names.

What arrives for a node's IPv4 SID is looked up in the VRF's table. Without the service veth there
is no need: End.DX4 to 0.0.0.0 forwards by the main table. With it, the table holds one route, back
in by the veth. A kernel without VRFs does the same by End.DX4 to an address inside the veth.
"""

from __future__ import annotations

NAME, TABLE = "srv6-vrf", 203
