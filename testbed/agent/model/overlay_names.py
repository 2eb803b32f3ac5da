"""The names of overlays, and the field of an IPPool that asks for each of the legacy ones."""

from __future__ import annotations

SRV6, IPIP, VXLAN = "srv6", "ipip", "vxlan"
POOL_MODES = {IPIP: "ipipMode", VXLAN: "vxlanMode"}
