"""What a node's kernel can do, as far as the desired state depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.agent.model.overlay_names import POOL_MODES


@dataclass(frozen=True)
class Capabilities:
    """What this kernel (and this iproute2) can do; probed once."""

    encap_red: bool = True  # one segment without SRH; kernel 6.0 or newer
    seg6local: bool = True
    binding: bool = True  # End.B6.Encaps
    vrf: bool = False  # End.DT4 proper; without it End.DX4 does the same through the main table
    tunnels: frozenset[str] = frozenset(POOL_MODES)  # overlays whose devices it can make
    notes: tuple[str, ...] = ()
