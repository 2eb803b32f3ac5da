"""Tests each kernel feature in a network namespace that is removed with the test."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass, replace

from testbed.doctor.verdict import Level, Verdict
from testbed.host import namespaces as ns


@dataclass(frozen=True)
class Feature:
    """A feature, the commands that need it, and what follows without it."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    without: Level
    consequence: str
    fix: str = ""


_LINK = ("ip", "link", "add", "dev", "a", "type", "veth", "peer", "name", "b")
_UP = ("ip", "link", "set", "dev", "a", "up")
_ADDRESS = ("ip", "addr", "add", "fd00::1/64", "dev", "a", "nodad")
_ENCAP = ("ip", "-6", "route", "add", "fd01::/64", "encap", "seg6")
_LOCAL = ("ip", "-6", "route", "add", "fd02::1/128", "encap", "seg6local")

_NEXT_CSID = ("flavors", "next-csid", "lblen", "16", "nflen", "16", "dev", "a")
MICRO_SIDS = Feature(
    "micro SIDs (NEXT-C-SID)",
    (_LINK, _UP, _ADDRESS, (*_LOCAL, "action", "End.X", "nh6", "fd00::9", *_NEXT_CSID)),
    "note",
    "topologies with encoding usid are refused",
    "Linux 6.6 and iproute2 6.1 or newer have them",
)
FEATURES = (
    Feature("veth and namespaces", (_LINK,), "fail", "no lab", "use a kernel with CONFIG_VETH"),
    Feature(
        "SRv6 encapsulation",
        (
            _LINK,
            _UP,
            _ADDRESS,
            (*_ENCAP, "mode", "encap", "segs", "fd00::9", "dev", "a"),
        ),
        "fail",
        "no overlay",
        "use a kernel with CONFIG_IPV6_SEG6_LWTUNNEL",
    ),
    Feature(
        "reduced encapsulation (encap.red)",
        (
            _LINK,
            _UP,
            _ADDRESS,
            (
                *_ENCAP,
                "mode",
                "encap.red",
                "segs",
                "fd00::9",
                "dev",
                "a",
            ),
        ),
        "warn",
        "best effort carries an SRH with one SID: claim C3 is not supported here",
        "Linux 6.0 and iproute2 6.0 or newer have it",
    ),
    Feature(
        "End.DX4 as End.DT4",
        (
            _LINK,
            _UP,
            (
                *_LOCAL,
                "action",
                "End.DX4",
                "nh4",
                "0.0.0.0",
                "dev",
                "a",
            ),
        ),
        "fail",
        "no IPv4 pods over SRv6",
        "use a kernel with CONFIG_IPV6_SEG6_LWTUNNEL",
    ),
    Feature(
        "End.DT6",
        (
            _LINK,
            _UP,
            (
                *_LOCAL,
                "action",
                "End.DT6",
                "table",
                "254",
                "dev",
                "a",
            ),
        ),
        "fail",
        "no IPv6 pods over SRv6",
        "use a kernel with CONFIG_IPV6_SEG6_LWTUNNEL",
    ),
    MICRO_SIDS,
    Feature(
        "VRF",
        (("ip", "link", "add", "dev", "v", "type", "vrf", "table", "10"),),
        "note",
        "not needed: IPv4 is decapsulated by End.DX4 with a lookup in the main table",
    ),
    Feature(
        "VXLAN",
        (("ip", "link", "add", "dev", "t", "type", "vxlan", "id", "1", "dstport", "4789"),),
        "note",
        "pools with vxlanMode are not used (claim C9)",
        "modprobe vxlan",
    ),
    Feature(
        "IP-in-IP",
        # asked for before it is tried: once loaded, it would show a tunl0 on the host
        (("sh", "-c", "modprobe -n -q ipip || ip link add dev t type ipip local 192.0.2.1"),),
        "note",
        "pools with ipipMode are not used (claim C9); virtual machines can have them",
        "modprobe ipip",
    ),
    Feature(
        "netem",
        (_LINK, _UP, ("tc", "qdisc", "add", "dev", "a", "root", "netem", "delay", "1ms")),
        "note",
        "links with delay or loss are refused",
        "modprobe sch_netem",
    ),
    Feature(
        "htb",
        (_LINK, _UP, ("tc", "qdisc", "add", "dev", "a", "root", "handle", "1:", "htb")),
        "note",
        "links with a bandwidth are refused",
        "modprobe sch_htb",
    ),
    Feature(
        "nftables masquerade",
        (
            (
                "nft",
                "add table inet t; add chain inet t p { type nat hook postrouting "
                "priority 100; }; add rule inet t p masquerade",
            ),
        ),
        "note",
        "natOutgoing has no effect",
        "modprobe nft_masq, and `make deps`",
    ),
)


def kernel_checks() -> list[Verdict]:
    """All features; without root they cannot be tried."""
    release = platform.release()
    if os.geteuid() != 0:
        seen = f"{release}; features were not tried"
        return [Verdict("kernel", "note", seen, "run `sudo testbed doctor` to try them")]
    return [Verdict("kernel", "ok", release), *(_try_feature(feature) for feature in FEATURES)]


def required_checks() -> list[Verdict]:
    """The features without which there is no lab. Needs root."""
    return [_try_feature(feature) for feature in FEATURES if feature.without == "fail"]


def check_micro_sids() -> Verdict:
    """For a topology that has some: without them there is no lab of it. Needs root."""
    found = _try_feature(MICRO_SIDS)
    return found if found.level == "ok" else replace(found, level="fail")


def _try_feature(feature: Feature) -> Verdict:
    words = ""
    for command in feature.commands:
        words = _run_probe(feature, command)
        if words:
            break
    if not words:
        return Verdict(feature.name, "ok", "tried")
    return Verdict(feature.name, feature.without, f"{feature.consequence} ({words})", feature.fix)


def _run_probe(feature: Feature, last: tuple[str, ...]) -> str:
    """Run the commands up to `last` in a fresh namespace; the last one's complaint, or ''."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ns.unshare(ns.CLONE_NEWNET)
            complaint = ""
            for command in feature.commands[: feature.commands.index(last) + 1]:
                done = subprocess.run(command, capture_output=True, text=True)
                complaint = "" if done.returncode == 0 else (done.stderr or "refused").strip()
            os.write(write, complaint.encode()[:300])
        except OSError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        words = pipe.read()
    os.waitpid(child, 0)
    return " ".join(words.split())
