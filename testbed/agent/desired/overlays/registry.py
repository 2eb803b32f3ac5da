"""All overlays, and which of them carries a pool. A new one is a file, a name and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from testbed.agent.config import AgentConfig
from testbed.agent.desired.overlays.base import DeviceKind, Overlay, Remote
from testbed.agent.desired.overlays.direct import Direct, shares_subnet
from testbed.agent.desired.overlays.ipip import IpInIp
from testbed.agent.desired.overlays.routed import Routed
from testbed.agent.desired.overlays.srv6 import Srv6
from testbed.agent.desired.overlays.vxlan import Vxlan
from testbed.agent.ipam.addresses import blocks_of
from testbed.agent.model.objects import IPPool

DEFAULT = Srv6()  # of pools that name no other, and of prefixes without a pool
DIRECT = Direct()  # between nodes of one subnet
OVERLAYS: Mapping[str, Overlay] = {
    overlay.name: overlay
    for overlay in (
        DEFAULT,
        IpInIp(),
        Vxlan(),
        Routed(),
    )
}
DEVICE_KINDS: Mapping[str, DeviceKind] = {
    name: overlay.device_kind for name, overlay in OVERLAYS.items() if overlay.device_kind
}
TITLES: Mapping[str, str] = {name: overlay.title for name, overlay in OVERLAYS.items()}
INTERFACES = tuple(kind.interface for kind in DEVICE_KINDS.values())


def usable(kernel_devices: Iterable[str]) -> tuple[str, ...]:
    """Overlays that a kernel with these devices can do."""
    has = set(kernel_devices)
    return tuple(name for name in OVERLAYS if name not in DEVICE_KINDS or name in has)


def obstacle(pool: IPPool, config: AgentConfig, kernel_devices: Iterable[str]) -> str:
    """Why pods of this pool cannot be served here; empty if they can."""
    overlay = OVERLAYS[pool.overlay]
    if not pool.for_pods:
        return ""
    if overlay.name not in usable(kernel_devices):
        return f"this node's kernel has no {overlay.title}"
    return overlay.obstacle(pool, config)


def overlay_of(remote: Remote, pools: Iterable[IPPool], config: AgentConfig) -> Overlay:
    """The overlay that carries a remote prefix: that of its pool, or none within a subnet."""
    carrying = [p for p in pools if p.for_pods and p.overlay != DEFAULT.name]
    found = [pool for pool in carrying if blocks_of([pool], [remote.prefix])]
    if not found:
        return DEFAULT
    pool = found[-1]
    is_direct = pool.cross_subnet and shares_subnet(remote.node, config)
    return DIRECT if is_direct else OVERLAYS[pool.overlay]
