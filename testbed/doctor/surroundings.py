"""What else is on this machine: named where it matters to labs, and said where it does not.

What is said of something is pure; readers come last.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from testbed.doctor.verdict import Verdict

# Daemons that people fear for, or fear from, by the names of their processes.
KNOWN = {
    "dockerd": "Docker",
    "containerd": "containerd",
    "firewalld": "firewalld",
    "zebra": "FRR",
    "bird": "BIRD",
    "kubelet": "Kubernetes",
    "libvirtd": "libvirt",
}
_TUNNELS = ("65534", "512")  # ARPHRD_NONE (tun, WireGuard), ARPHRD_PPP: linux/if_arp.h
_HALVES = {"00000000", "00000080"}  # 0.0.0.0 and 128.0.0.0, as addresses and as masks
_IPV6_OF_A_LAB = "/proc/sys/net/ipv6/conf/default/disable_ipv6"


def check_ipv6() -> Verdict:
    """Whether labs can have IPv6."""
    return ipv6(Path("/proc/sys/net/ipv6").exists(), _read_in_new_netns(_IPV6_OF_A_LAB))


def neighbour_checks() -> list[Verdict]:
    """Who else works on this machine; nothing where nobody does."""
    return [
        *daemons(on_host(_read_processes(Path("/proc")))),
        *default_route(default_devices(_read_text("/proc/net/route")), Path("/sys/class/net")),
    ]


def ipv6(there: bool, off_in_labs: str) -> Verdict:
    """`off_in_labs`: disable_ipv6 of a new network namespace; empty where that is not known."""
    if not there:
        fix = "remove ipv6.disable=1 from the kernel's command line, and boot"
        return Verdict("IPv6", "fail", "is not in this kernel, as it was booted", fix)
    if off_in_labs == "1":
        return Verdict(
            "IPv6",
            "fail",
            "is off in new network namespaces",
            "sysctl -w net.core.devconf_inherit_init_net=0; if that changes nothing, remove "
            "ipv6.disable_ipv6=1 from the kernel's command line, and boot",
        )
    return Verdict("IPv6", "ok", "on in labs" if off_in_labs else "there")


def daemons(names: Iterable[str]) -> list[Verdict]:
    """Of processes by these names: that labs leave them alone."""
    found = sorted({KNOWN[name] for name in names if name in KNOWN})
    if not found:
        return []
    verb = "run" if len(found) > 1 else "runs"
    seen = f"{', '.join(found)} {verb} here: labs neither use nor change what is not theirs"
    return [Verdict("other daemons", "ok", seen)]


def default_route(devices: Iterable[str], net: Path) -> list[Verdict]:
    """Of a VPN that has taken the default route; `net` is /sys/class/net."""
    tunnels = [device for device in devices if _is_tunnel(net / device)]
    if not tunnels:
        return []
    seen = f"by {tunnels[0]}, a tunnel: labs have networks of their own; only downloads go by it"
    return [Verdict("default route", "ok", seen)]


def _is_tunnel(device: Path) -> bool:
    return _read_text(str(device / "type")).strip() in _TUNNELS


def _read_processes(proc: Path) -> Iterator[str]:
    """/proc/PID/status of each process."""
    for entry in proc.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                yield (entry / "status").read_text()


def on_host(statuses: Iterable[str]) -> Iterator[str]:
    """Names of those that are not in a pid namespace of their own, as labs and containers are."""
    for status in statuses:
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if len(fields.get("NSpid", "").split()) == 1:
            yield fields["Name"].strip()


def default_devices(routes: str) -> list[str]:
    """Devices of default routes in /proc/net/route; a VPN's two halves of everything count."""
    rows = [line.split() for line in routes.splitlines()[1:]]
    return [row[0] for row in rows if len(row) > 7 and {row[1], row[7]} <= _HALVES]


def _read_text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _read_in_new_netns(path: str) -> str:
    """What a file says in a fresh network namespace; empty without root."""
    try:
        done = subprocess.run(["unshare", "--net", "cat", path], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip()
