"""Lists the shared libraries that programs load, as the distribution's loader reports them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from testbed.errors import MachineUnfit, TestbedError
from testbed.host.run import run

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # never what a user put before it

UNWINDER = "libgcc_s.so.1"
_FOUND = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x[0-9a-f]+\)$")
_MISSING = re.compile(r"^\s*(\S+) => not found")


def system_program(name: str) -> Path | None:
    """The distribution's program of this name, None if it is not installed."""
    found = shutil.which(name, path=SYSTEM_PATH)
    return Path(found) if found else None


def parse_ldd(text: str, program: Path) -> list[Path]:
    """The libraries that `ldd` names, the loader among them; none for a static program.

    Raises TestbedError for one that the loader does not find.
    """
    found = []
    for line in text.splitlines():
        if missing := _MISSING.match(line):
            raise TestbedError(
                f"{missing[1]}, a library of {program}, is not installed",
                where=str(program),
                fix="repair the package that brings the program",
                exit_code=4,
            )
        if match := _FOUND.match(line):
            found.append(Path(match[1]))
    return found


def libraries(programs: Iterable[Path]) -> list[Path]:
    """All libraries of these programs, sorted. Raises TestbedError, MachineUnfit without ldd."""
    found: set[Path] = set()
    ldd = system_program("ldd")
    if ldd is None:
        raise MachineUnfit("program 'ldd' is missing", fix="apt-get install libc-bin")
    for program in programs:
        # exit code 1 and "not a dynamic executable" is what a static program gets
        found.update(parse_ldd(run([str(ldd), str(program)], check=False).stdout, program))
    return sorted(found | set(loaded_later(found)))


def loaded_later(found: Iterable[Path]) -> Iterator[Path]:
    """What the C library loads once a thread is ended, without which it aborts; ldd tells nothing.

    iperf3 has threads since 3.16.
    """
    for library in found:
        if library.name == "libc.so.6" and (unwinder := library.with_name(UNWINDER)).exists():
            yield unwinder
