"""The names of overlays, and the field of an IPPool that asks for each of them."""

from __future__ import annotations

SRV6, IPIP, VXLAN, ROUTED = "srv6", "ipip", "vxlan", "routed"
POOL_MODES = {IPIP: "ipipMode", VXLAN: "vxlanMode"}
DIRECT = "direct"  # no pool's: how nodes of one subnet reach each other's pods, with CROSS_SUBNET
ALWAYS, CROSS_SUBNET = "Always", "CrossSubnet"
# A pool with neither mode uses SRv6 here, so one without encapsulation says so: by the word that
# the Installation of Calico's operator has for it.
ENCAPSULATION, WITHOUT = "encapsulation", "None"


def pool_fields(overlay: str, cross_subnet: bool = False) -> dict[str, str]:
    """The fields of an IPPool's spec that ask for an overlay; see IPPool.cross_subnet."""
    if overlay == ROUTED:
        return {ENCAPSULATION: WITHOUT}
    mode = CROSS_SUBNET if cross_subnet else ALWAYS
    return {POOL_MODES[overlay]: mode} if overlay in POOL_MODES else {}
