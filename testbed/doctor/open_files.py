"""May a lab's supervisor hold as many files open as its plan needs?"""

from __future__ import annotations

import os
import resource
from pathlib import Path

from testbed.doctor.verdict import Verdict

_CAP_SYS_RESOURCE = 24
NAME = "open files"


def check_open_files(needed: int) -> Verdict:
    """By this process's hard limit, which a lab inherits."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    ceiling = int(Path("/proc/sys/fs/nr_open").read_text())
    return judge(needed, ceiling if hard < 0 else hard, ceiling, _may_raise())


def judge(needed: int, hard: int, ceiling: int, may_raise: bool) -> Verdict:
    """`hard`: the limit. `ceiling`: the kernel's own, for those who `may_raise` theirs."""
    if needed <= hard:
        return Verdict(NAME, "ok", f"up to {hard}")
    seen = f"at most {{}}, and the lab needs {needed}"
    if needed > ceiling:
        return Verdict(NAME, "fail", seen.format(ceiling), f"sysctl -w fs.nr_open={needed}")
    if may_raise:
        return Verdict(NAME, "ok", f"up to {hard}, which root raises to {needed}")
    fix = f"ulimit -Hn {needed}, or in a container its option for the limit nofile"
    return Verdict(NAME, "fail", seen.format(hard), fix)


def _may_raise() -> bool:
    """Has root, which is what a lab runs as, the right to raise its own limit?"""
    if os.geteuid() != 0:
        return True  # root by sudo has it
    status = Path("/proc/self/status").read_text()
    effective = next(x.split()[1] for x in status.splitlines() if x.startswith("CapEff:"))
    return bool(int(effective, 16) >> _CAP_SYS_RESOURCE & 1)
