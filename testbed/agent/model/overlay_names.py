"""The names of overlays, and the field of an IPPool that asks for each of them."""

from __future__ import annotations

SRV6, IPIP, VXLAN, ROUTED = "srv6", "ipip", "vxlan", "routed"
POOL_MODES = {IPIP: "ipipMode", VXLAN: "vxlanMode"}
# A pool with neither mode uses SRv6 here, so one without encapsulation says so: by the word that
# the Installation of Calico's operator has for it.
ENCAPSULATION, WITHOUT = "encapsulation", "None"


def pool_fields(overlay: str) -> dict[str, str]:
    """The fields of an IPPool's spec that ask for an overlay."""
    if overlay == ROUTED:
        return {ENCAPSULATION: WITHOUT}
    return {POOL_MODES[overlay]: "Always"} if overlay in POOL_MODES else {}
