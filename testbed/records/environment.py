"""The machine that a run is made on: what decides its figures, as one JSON document."""

from __future__ import annotations

import gzip
import os
import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from testbed.artefacts.cache import SUMS
from testbed.artefacts.inventory import listing
from testbed.errors import TestbedError
from testbed.host import frr
from testbed.host.cpu_quota import cpu_quota
from testbed.host.machine import machine
from testbed.host.run import run
from testbed.json_types import JsonObject

_CONFIG = re.compile(
    r"(# )?CONFIG_(IPV6_SEG6\w*|LWTUNNEL\w*|VXLAN|NET_IPIP|IPV6_TUNNEL|VETH|NET_VRF|NET_SCH_\w+"
    r"|NETFILTER|NF_CONNTRACK|NF_TABLES|HZ|HZ_\d+|NO_HZ\w*|PREEMPT\w*|CGROUPS|BPF_JIT\w*"
    r"|TCP_CONG_\w+|DEFAULT_TCP_CONG|MITIGATION\w*)[ =].*"
)
_SYSCTLS = (
    "net/core/*mem_*",
    "net/core/netdev_*",
    "net/core/default_qdisc",
    "net/core/gro_normal_batch",
    "net/core/bpf_jit_*",
    "net/ipv4/tcp_*",
    "net/ipv4/ip_forward",
    "net/ipv4/fib_multipath_*",
    "net/ipv6/fib_multipath_*",
    "net/ipv6/seg6_flowlabel",
    "net/ipv6/conf/all/*seg6*",
    "net/ipv6/conf/all/forwarding",
    "net/netfilter/nf_hooks_lwtunnel",
    "net/netfilter/nf_conntrack_max",
    "kernel/sched_*",
    "vm/swappiness",
)
_CPU = Path("/sys/devices/system/cpu")
_PARAMETERS = re.compile(
    r"mitigations|no\w*mitigat|isolcpus|nohz|rcu_|(intel|amd)_(pstate|idle)|idle|processor\."
    r"|cpuidle|haltpoll|clocksource|tsc|preempt|threadirqs|nosmt|hugepages|transparent_hugepage"
)
# Keys, and what changes by itself.
_NO_SYSCTLS = re.compile(r"key|secret|metrics_save|available")


def read_environment(variables: Mapping[str, str]) -> JsonObject:
    """All of it; `variables`: the testbed's own. What cannot be read says so in its place."""
    return {
        "schema_version": 2,
        "machine": machine(),
        "kernel": {
            "release": platform.release(),
            "version": platform.version(),
            "architecture": platform.machine(),
            "parameters": kernel_parameters(_read(Path("/proc/cmdline"))),
            "config": kernel_config(),
        },
        "distribution": _distribution(),
        "processors": {
            "count": os.cpu_count(),
            "usable": len(os.sched_getaffinity(0)),
            "quota": cpu_quota(),
            "governor": _governor(_CPU),
            "smt": _read(_CPU / "smt/active"),
            "vulnerabilities": {f.name: _read(f) for f in sorted(_CPU.glob("vulnerabilities/*"))},
            "virtual": _is_virtual(),
        },
        "clock": _read(Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        "sysctls": read_sysctls(Path("/proc/sys")),
        "programs": {"frr": _version(), "iproute2": _first_line(["ip", "-V"])},
        "interpreter": platform.python_version(),
        "packages": dict(sorted((d.name, d.version) for d in metadata.distributions())),
        "variables": dict(variables),
    }


def read_artefacts() -> list[JsonObject]:
    """Each artefact: name, version, whence, and the SHA-256 of each program that is cached."""
    return [
        {
            "name": row["name"],
            "version": row["version"],
            "state": row["state"],
            "source": row["source"],
            "programs": _read_sums(Path(row["path"]) / SUMS) if row["path"] else {},
        }
        for row in listing()
    ]


def kernel_parameters(command_line: str) -> list[str]:
    """Those that decide figures; others may hold what is nobody's business."""
    return [word for word in command_line.split() if _PARAMETERS.match(word)]


def kernel_config(
    files: Iterable[Path] = (Path("/proc/config.gz"), Path(f"/boot/config-{platform.release()}")),
) -> list[str]:
    """The lines of the kernel's configuration that matter here; one that says so if it has none."""
    for file in files:
        try:
            data = file.read_bytes()
            text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode()
        except (OSError, ValueError, EOFError):
            continue
        return [line for line in text.splitlines() if _CONFIG.fullmatch(line)]
    return ["not to be had: neither /proc/config.gz nor a file in /boot"]


def read_sysctls(root: Path) -> dict[str, str]:
    """Name → value of those that decide how packets are sent and forwarded."""
    files = (file for pattern in _SYSCTLS for file in sorted(root.glob(pattern)))
    return {
        str(file.relative_to(root)).replace("/", "."): text
        for file in files
        if not _NO_SYSCTLS.search(file.name) and (text := _read(file))
    }


def _governor(cpu: Path) -> str:
    found = {_read(file) for file in cpu.glob("cpu*/cpufreq/scaling_governor")}
    return ", ".join(sorted(found)) or "none: the kernel does not set this machine's frequency"


def _is_virtual() -> bool:
    return any(
        "hypervisor" in line.split()
        for line in _read(Path("/proc/cpuinfo")).splitlines()
        if line.startswith("flags")
    )


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""


def _version() -> str:
    try:
        return frr.version_line()
    except TestbedError as error:
        return error.what


def _first_line(command: list[str]) -> str:
    try:
        done = run(command, check=False)
    except TestbedError as error:
        return error.what
    return (done.stdout or done.stderr).partition("\n")[0]


def _read_sums(file: Path) -> dict[str, str]:
    lines = (line.split(maxsplit=1) for line in _read(file).splitlines())
    return {name: digest for digest, name in lines}


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, ValueError):
        return ""
