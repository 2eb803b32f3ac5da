"""What a node is to hold before its Kubernetes programs start."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from testbed.orchestrators.kubernetes import containerd, node_files
from testbed.orchestrators.kubernetes.pki.authorities import Keys
from testbed.orchestrators.overlays.registry import overlay_of
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeFiles
from testbed.providers.registry import handle
from testbed.render.kubernetes import proxy_mode

CNI_PLUGINS = Path("/usr/lib/cni")  # the distribution's


def wanted_files(plan: Plan, node: Node, keys: Keys, now: datetime) -> NodeFiles:
    """All of it, with certificates that begin now."""
    there = handle(node.name)
    files = node_files.node_files(
        plan,
        node,
        keys,
        now,
        containerd_format=containerd.config_format(),
        proxy_mode=proxy_mode(there.kernel()),
    )
    cni = overlay_of(plan).cni(files["cni/10-testbed.conflist"], there)
    plugins = {f"/opt/cni/bin/{n}": str(CNI_PLUGINS / n) for n in ("loopback", "portmap")}
    written = {"/etc/resolv.conf": files["resolv.conf"], **cni.files}
    return NodeFiles(kubernetes=files, files=written, links={**plugins, **cni.links})
