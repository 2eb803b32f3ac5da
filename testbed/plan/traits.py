"""Tables of what each provider, orchestrator and overlay means for a plan, as plain data.

A plan names its provider, orchestrator and overlay. What a name means for addresses, limits and
rendered files is defined here; what each one does is implemented in `testbed.providers.registry`,
`testbed.orchestrators.registry` and `testbed.orchestrators.overlays.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from testbed import paths
from testbed.errors import TestbedError

AGENT_KUBECONFIG = "/etc/kubernetes/agent.conf"  # in the node's own root
MANAGEMENT = IPv4Network("192.168.121.0/24")  # as vagrant-libvirt has it
EMULATED = 8  # by which factor a virtual machine in software emulation is slower, measured


@dataclass(frozen=True)
class ClusterTiming:
    """Timers of Kubernetes' programs that a slow node must not miss."""

    etcd_heartbeat_ms: int | None = None  # None: etcd's default
    etcd_election_ms: int | None = None
    node_monitor_period: str = "1s"
    node_monitor_grace_period: str = "6s"


@dataclass(frozen=True)
class ProviderTraits:
    """Traits of what cluster nodes are made of.

    `own_kernel`: nodes are not namespaces of the lab; their ports are reached from their router.
    `light`: the orchestrator `none` runs on them; it knows namespaces of the lab only.
    `slowness`: factor for time limits. `pause`: seconds between two looks while one waits.
    `shims`: programs that `testbed env` puts into PATH. `boxes`: a box can be chosen.
    `management`: the network that nodes have besides the plan's.
    `snapshots`: a running node can be saved. `starts_late`: what asks the API server is started
    once that answers, because it would starve it before (nodes share emulated processors).
    """

    title: str
    own_kernel: bool = False
    light: bool = False
    slowness: int = 1
    pause: float = 0.02
    timing: ClusterTiming = ClusterTiming()
    shims: tuple[str, ...] = ()
    boxes: bool = False
    management: IPv4Network | None = None
    snapshots: bool = False
    starts_late: bool = False


@dataclass(frozen=True)
class OrchestratorTraits:
    """Traits of what runs the pods.

    `containers`: pods are containers; their images, volumes and keys stay on disk.
    `services`: nodes translate addresses, so tunnels need the service veth.
    `agent_source`: where agents read objects, as in agent.json.
    """

    title: str
    containers: bool
    services: bool
    agent_source: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OverlayTraits:
    """What carries pods' packets between nodes. `agents`: the testbed's own agents do.

    `pod_interfaces`: how the names of pods' interfaces on a node begin, if a pod is known by that.
    """

    title: str
    agents: bool
    pod_interfaces: str | None = None
    uplink: str | None = None  # the one name of every node's port, if the overlay demands one


PROVIDERS: dict[str, ProviderTraits] = {
    "namespace": ProviderTraits("namespaces", light=True),
    "vagrant": ProviderTraits(
        "virtual machines",
        own_kernel=True,
        slowness=EMULATED,
        pause=0.5,
        timing=ClusterTiming(500, 5000, "5s", "40s"),
        shims=("vagrant",),
        boxes=True,
        management=MANAGEMENT,
        snapshots=True,
        starts_late=True,
    ),
}
ORCHESTRATORS: dict[str, OrchestratorTraits] = {
    "kubernetes": OrchestratorTraits(
        "Kubernetes",
        containers=True,
        services=True,
        agent_source={"kind": "kubernetes", "kubeconfig": AGENT_KUBECONFIG},
    ),
    "none": OrchestratorTraits(
        "agents alone",
        containers=False,
        services=False,
        agent_source={"kind": "directory", "path": str(paths.API)},
    ),
}
OVERLAYS: dict[str, OverlayTraits] = {
    "agent": OverlayTraits("the testbed's agents", agents=True, pod_interfaces="cali"),
    "calico-vpp": OverlayTraits("Calico-VPP", agents=False, uplink="uplink"),
}


def known(kind: str, name: str, table: Mapping[str, object]) -> str:
    """Return the name; raise TestbedError if the table does not have it."""
    if name not in table:
        raise TestbedError(f"no {kind} {name!r}", fix=f"there are: {', '.join(table)}")
    return name
