"""The key paths of a document of knb, written out."""

from __future__ import annotations

_NODE = ("cpu.total", "cpu.user", "cpu.nice", "cpu.system", "cpu.iowait", "cpu.steal", "ram")
_RESULT = ("bandwidth", *(f"{end}.{path}" for end in ("client", "server") for path in _NODE))
_CASES = ("idle", "pod2pod.tcp", "pod2pod.udp", "pod2svc.tcp", "pod2svc.udp")
KEY_PATHS = (
    "metadata.name",
    "metadata.generator",
    "metadata.version",
    "metadata.date",
    "metadata.server-node",
    "metadata.client-node",
    "metadata.socket-buffer-size",
    "data.cpu",
    "data.kernel",
    "data.k8s-version",
    "data.mtu",
    *(f"data.{case}.{path}" for case in _CASES for path in _RESULT),
)
