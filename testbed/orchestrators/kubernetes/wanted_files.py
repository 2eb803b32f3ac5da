"""What a node is to hold before its Kubernetes programs start."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from testbed.orchestrators.kubernetes import containerd, node_files
from testbed.orchestrators.kubernetes.pki.authorities import Keys
from testbed.orchestrators.overlays.registry import overlay_of
from testbed.paths import CNI_PLUGINS
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeFiles
from testbed.providers.registry import handle
from testbed.render.kubernetes import proxy_mode

_PLUGIN_PACKAGE = Path("/usr/lib/cni")  # where the distribution has its CNI plugins


def wanted_files(plan: Plan, node: Node, keys: Keys, now: datetime) -> NodeFiles:
    """All of it, with certificates that begin now."""
    there = handle(node.name)
    files = node_files.node_files(
        plan,
        node,
        keys,
        now,
        containerd=containerd.version(),
        proxy_mode=proxy_mode(there.kernel()),
    )
    cni = overlay_of(plan).cni(files["cni/10-testbed.conflist"], there)
    plugins = {f"{CNI_PLUGINS}/{n}": str(_PLUGIN_PACKAGE / n) for n in ("loopback", "portmap")}
    written = {"/etc/resolv.conf": files["resolv.conf"], **cni.files}
    return NodeFiles(kubernetes=files, files=written, links={**plugins, **cni.links})
