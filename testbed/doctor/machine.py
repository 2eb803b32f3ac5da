"""Checks the machine's rights, programs, limits and memory, and finds leftovers of labs."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

from testbed.doctor.attempt import attempt
from testbed.doctor.open_files import check_open_files
from testbed.doctor.root_directory import check_root_directory
from testbed.doctor.surroundings import check_ipv6, neighbour_checks
from testbed.doctor.verdict import Verdict
from testbed.errors import MachineUnfit, TestbedError
from testbed.host import frr, lab_data
from testbed.host.labs import lab_dir, others
from testbed.host.memory import Room, available
from testbed.plan.limits import FEWEST

PROGRAMS = ("ip", "tc", "nsenter", "nft")
MEMORY_NEEDED = 1 << 30  # bytes, for `full`
INOTIFY_NEEDED = 32  # instances: one per agent and injector, with room for two labs
NEIGHBOURS_NEEDED = 1024


def machine_checks() -> list[Verdict]:
    """Everything about this machine but the kernel's features."""
    return [
        *attempt("GoBGP", lambda: [_check_gobgp()]),
        *host_checks(),
        *neighbour_checks(),
        *attempt("leftovers", _check_leftovers),
    ]


def host_checks() -> list[Verdict]:
    """Rights, programs, memory and limits."""
    return [
        _check_rights(),
        check_root_directory(),
        *(program(p) for p in PROGRAMS),
        _check_frr(),
        memory(available()),
        check_open_files(FEWEST),
        check_ipv6(),
        limit("fs/inotify/max_user_instances", INOTIFY_NEEDED, "watched directories"),
        limit("net/ipv4/neigh/default/gc_thresh3", NEIGHBOURS_NEEDED, "neighbour table"),
    ]


def _check_rights() -> Verdict:
    if os.geteuid() == 0:
        return Verdict("rights", "ok", "root")
    if shutil.which("sudo"):
        return Verdict("rights", "ok", "user with sudo; it is asked for where root is needed")
    return Verdict("rights", "fail", "neither root nor sudo", "run as root, or install sudo")


def program(name: str) -> Verdict:
    """Whether root finds a program."""
    path = os.environ.get("PATH", "")
    if os.geteuid() != 0:
        path += ":/usr/local/sbin:/usr/sbin:/sbin"  # which sudo adds
    found = shutil.which(name, path=path)
    if found:
        return Verdict(Path(name).name, "ok", found)
    return Verdict(Path(name).name, "fail", "is missing", "make deps")


def _check_frr() -> Verdict:
    try:
        pwd.getpwnam("frr")
        names = [daemon.name for daemon in frr.installed()]
        return frr_version(frr.parse_version(frr.version_line()), names)
    except KeyError:
        return Verdict("FRR", "fail", "is not installed", "make deps")
    except MachineUnfit as error:
        seen = ": ".join(filter(None, (error.what, error.why)))
        return Verdict("FRR", "fail", seen, "make deps")


def frr_version(version: frr.Version, daemons: Sequence[str]) -> Verdict:
    """What a router will run here; a version that was not tried is a note."""
    seen = f"{version[0]}.{version[1]}: {', '.join(daemons)}"
    if version in frr.TRIED:
        return Verdict("FRR", "ok", seen)
    tried = " and ".join(f"{major}.{minor}" for major, minor in frr.TRIED)
    return Verdict("FRR", "note", f"{seen}; {tried} were tried", "`testbed run smoke` tells")


def _check_gobgp() -> Verdict:
    from testbed.artefacts import program

    try:
        return Verdict("GoBGP", "ok", str(program("gobgpd")))
    except TestbedError as error:
        return Verdict("GoBGP", "fail", error.what, "testbed artefacts fetch")


def memory(room: Room) -> Verdict:
    """Whether `full` finds room: with Kubernetes it takes 0.6 to 0.8 GiB (docs/bench.md)."""
    seen = f"{_gib(room.free)} available"
    if room.limit is not None:
        seen += f", because a control group is limited to {_gib(room.limit)}"
    if room.free >= MEMORY_NEEDED:
        return Verdict("memory", "ok", seen)
    if room.limit is not None:
        fix = "`full` needs about 1 GiB: raise the limit, a container's by its option for memory"
        return Verdict("memory", "warn", seen, fix)
    return Verdict("memory", "warn", seen, "`full` needs about 1 GiB: close something")


def _gib(amount: int) -> str:
    return f"{amount / (1 << 30):.1f} GiB"


def limit(name: str, needed: int, what: str) -> Verdict:
    """Whether a number below /proc/sys is large enough."""
    file = Path("/proc/sys") / name
    if not file.exists():
        return Verdict(what, "ok", "no limit of that name")
    value = int(file.read_text())
    if value >= needed:
        return Verdict(what, "ok", f"{file.name} {value}")
    fix = f"sysctl -w {name.replace('/', '.')}={needed}"
    return Verdict(what, "warn", f"{file.name} is {value}, {needed} are wanted", fix)


def _check_leftovers() -> list[Verdict]:
    known = sorted({*others(), *(claim.lab for claim in lab_data.registered())})
    if os.geteuid() != 0 and known:
        seen = f"labs here, up, dead or with data: {', '.join(known)}"
        return [Verdict("leftovers", "note", seen, "run `sudo testbed doctor` to tell which")]
    dead = [name for name in others() if lab_dir(name).init_pid() is None]
    found = [
        Verdict("leftovers", "warn", f"files of dead lab {n}", f"testbed down -n {n}") for n in dead
    ]
    return [*found, *data_without_lab()] or [Verdict("leftovers", "ok", "none")]


def data_without_lab() -> list[Verdict]:
    """Data on disk that no lab owns: with a lab's mark, or where labs' data lies without one."""
    marked = [
        Verdict("leftovers", "warn", f"{claim.data}: data of lab {claim.lab}, not up", command)
        for claim, command in lab_data.orphans(set(others()))
    ]
    said = "an earlier version's data, or not the testbed's: no lab's mark is in it"
    return marked + [
        Verdict("leftovers", "note", f"{path}: {said}", f"if it is of no use: rm -r {path}")
        for path in lab_data.unmarked()
    ]
