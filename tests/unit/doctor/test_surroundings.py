"""What doctor says of a machine that does other things as well: from what was read, staged here."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.doctor import surroundings
from testbed.doctor.machine import memory
from testbed.doctor.virtual import kvm, room, user_namespaces
from testbed.host.memory import Room


def status(name: str, pids: str) -> str:
    """As /proc/PID/status begins."""
    return f"Name:\t{name}\nUmask:\t0022\nState:\tS (sleeping)\nNSpid:\t{pids}\nThreads:\t1\n"


def test_daemons_of_labs_and_containers_are_not_the_hosts() -> None:
    statuses = [
        status("dockerd", "700"),
        status("zebra", "900\t21"),  # a lab's
        status("containerd", "950\t30\t8"),  # of a node of a lab
        status("firewalld", "800"),
        "Name:\tgone\n",  # a kernel without namespaces, or half a file
    ]
    assert set(surroundings.on_host(statuses)) == {"dockerd", "firewalld"}


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        (["zebra", "isisd", "watchfrr"], "FRR runs here: labs neither use nor change"),
        (["dockerd", "containerd"], "Docker, containerd run here: labs neither use"),
        (["firewalld"], "firewalld runs here"),
    ],
)
def test_other_daemons_are_named(names: list[str], seen: str) -> None:
    [verdict] = surroundings.daemons(names)
    assert verdict.level == "ok"
    assert verdict.seen.startswith(seen)


def test_nothing_is_said_of_nobody() -> None:
    assert surroundings.daemons(["bash", "sshd", "systemd"]) == []
    assert surroundings.default_route([], Path("/nonesuch")) == []


HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
LAN = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
ETH = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
TUN = "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
HALVES = (
    "wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
    "wg0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
)


@pytest.mark.parametrize(
    ("routes", "devices"),
    [
        (HEAD + ETH + LAN, ["eth0"]),
        (HEAD + TUN + ETH + LAN, ["tun0", "eth0"]),
        (HEAD + HALVES + ETH, ["wg0", "wg0", "eth0"]),
        (HEAD + LAN, []),
        ("", []),
    ],
)
def test_default_routes(routes: str, devices: list[str]) -> None:
    assert surroundings.default_devices(routes) == devices


def test_a_vpn_with_the_default_route_is_named(tmp_path: Path) -> None:
    for device, kind in (("eth0", "1"), ("tun0", "65534"), ("ppp0", "512")):
        (tmp_path / device).mkdir()
        (tmp_path / device / "type").write_text(f"{kind}\n")
    assert surroundings.default_route(["eth0", "gone0"], tmp_path) == []
    for device in ("tun0", "ppp0"):
        [verdict] = surroundings.default_route(["eth0", device], tmp_path)
        assert verdict.level == "ok"
        assert verdict.seen.startswith(f"by {device}, a tunnel")


@pytest.mark.parametrize(
    ("there", "off", "level", "seen", "fix"),
    [
        (True, "0", "ok", "on in labs", ""),
        (True, "", "ok", "there", ""),  # without root, nobody can look
        (True, "1", "fail", "is off in new network namespaces", "devconf_inherit_init_net"),
        (False, "", "fail", "is not in this kernel, as it was booted", "ipv6.disable=1"),
    ],
)
def test_ipv6(there: bool, off: str, level: str, seen: str, fix: str) -> None:
    verdict = surroundings.ipv6(there, off)
    assert (verdict.level, verdict.seen) == (level, seen)
    assert fix in verdict.fix


@pytest.mark.parametrize(("mebibytes", "level"), [(6000, "ok"), (1024, "ok"), (700, "warn")])
def test_memory_of_a_small_machine(mebibytes: int, level: str) -> None:
    """Of 8 GB some 6 are available: enough for `full`, and for three emulated machines."""
    assert memory(Room(mebibytes << 20)).level == level
    assert room("memory for machines", 6000 << 20, 3 * 1536 << 20).level == "ok"


def test_a_limit_that_leaves_too_little_is_named() -> None:
    verdict = memory(Room(300 << 20, 512 << 20))
    assert verdict.level == "warn"
    assert verdict.seen == ("0.3 GiB available, because a control group is limited to 0.5 GiB")
    assert "raise the limit" in verdict.fix


@pytest.mark.parametrize(
    ("there", "usable", "root", "level", "words"),
    [
        (True, True, False, "ok", "/dev/kvm"),
        (True, False, False, "ok", "labs run as root"),
        (True, False, True, "note", "cannot be opened even by root"),
        (False, False, True, "note", "no /dev/kvm: machines are emulated"),
    ],
)
def test_rights_to_kvm(there: bool, usable: bool, root: bool, level: str, words: str) -> None:
    verdict = kvm(there, usable, root)
    assert verdict.level == level
    assert words in verdict.seen
    assert bool(verdict.fix) == (level != "ok")


@pytest.mark.parametrize(
    "setting",
    [
        "kernel.apparmor_restrict_unprivileged_userns = 1",  # Ubuntu 24.04
        "kernel.unprivileged_userns_clone = 0",  # Debian, hardened
        "user.max_user_namespaces = 0",
    ],
)
def test_who_cannot_make_a_box_is_told_who_can(setting: str) -> None:
    name, _, value = setting.partition(" = ")
    [verdict] = user_namespaces({name: value})
    assert (verdict.level, verdict.fix) == ("note", "sudo testbed box build")
    assert setting in verdict.seen


def test_where_users_may_make_user_namespaces_nothing_is_said() -> None:
    free = {
        "kernel.apparmor_restrict_unprivileged_userns": "0",
        "kernel.unprivileged_userns_clone": "1",
        "user.max_user_namespaces": "95000",
    }
    assert user_namespaces(free) == []
    assert user_namespaces(dict.fromkeys(free, "")) == []
