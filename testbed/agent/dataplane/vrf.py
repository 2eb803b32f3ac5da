"""Makes and removes the VRF behind End.DT4, where the kernel has VRFs."""

from __future__ import annotations

from testbed.agent.dataplane.links import has_link
from testbed.agent.dataplane.run import attempt
from testbed.agent.dataplane.sysctl import PROC, set_switch
from testbed.agent.desired.vrf import NAME, TABLE

_TRIED = "srv6-vrf-try"
_STRICT = "vrf/strict_mode"  # one VRF per table, which vrftable demands
_PREFIX = "100::bad:cafe/128"  # discard-only (RFC 6666)


def possible() -> bool:
    """Can this kernel, and this iproute2, do End.DT4 by a VRF? Leaves no device behind."""
    if not (PROC / _STRICT).exists() or set_switch(_STRICT, "1"):
        return False
    table = str(TABLE + 1)
    try:
        if attempt(["ip", "link", "add", _TRIED, "type", "vrf", "table", table]).returncode:
            return False
        attempt(["ip", "link", "set", "dev", _TRIED, "up"])
        action = f"encap seg6local action End.DT4 vrftable {table} dev {_TRIED}"
        route = f"{_PREFIX} table {table} {action}"
        return attempt(["ip", "-6", "route", "replace", *route.split()]).returncode == 0
    finally:
        attempt(["ip", "link", "del", "dev", _TRIED])  # its routes go with it


def apply(wanted: bool) -> list[str]:
    """Have the VRF, or have it not; returns what is not so."""
    if wanted == has_link(NAME):
        return []
    if not wanted:
        done = attempt(["ip", "link", "del", "dev", NAME])
        return [f"{NAME} is left over ({done.stderr.strip()})"] if done.returncode else []
    refusal = set_switch(_STRICT, "1")
    lines = f"link add {NAME} type vrf table {TABLE}\nlink set dev {NAME} up\n"
    done = attempt(["ip", "-batch", "-"], lines)
    problems = [refusal] if refusal else []
    return problems + ([f"no {NAME} ({done.stderr.strip()})"] if done.returncode else [])
