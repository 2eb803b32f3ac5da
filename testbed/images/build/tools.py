"""The recipe of the tools image: a lab's everyday programs, from the distribution's packages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.errors import MachineUnfit
from testbed.images.build import busybox
from testbed.images.build.libraries import system_program
from testbed.images.build.oci import Image
from testbed.images.build.recipe import Recipe
from testbed.images.build.tree import Entry, File
from testbed.images.build.userland import userland

NAME = "testbed.invalid/tools:latest"

NEEDED = ("bash", "curl", "ip", "iperf3", "ping", "sleep", "ss", "tcpdump", "tracepath")
# Taken if the machine has them; busybox answers to the other names.
WELCOME = (
    *("base64", "basename", "cat", "chmod", "chown", "cp", "cut", "date", "dd", "df", "dirname"),
    *("du", "echo", "env", "expr", "false", "head", "id", "kill", "ln", "ls", "md5sum", "mkdir"),
    *("mktemp", "mv", "nproc", "od", "printf", "ps", "pwd", "readlink", "realpath", "rm", "rmdir"),
    *("seq", "sha256sum", "sort", "stat", "stdbuf", "stty", "sync", "tail", "tee", "test"),
    *("timeout", "touch", "tr", "true", "truncate", "tty", "uname", "uniq", "wc", "whoami", "yes"),
    *("awk", "find", "gawk", "grep", "mawk", "sed", "tar", "xargs"),
    *("arping", "bridge", "conntrack", "dig", "ethtool", "getent", "hostname", "host", "mtr"),
    *("nc", "ncat", "nft", "nslookup", "nstat", "openssl", "rdisc6", "socat", "sysctl", "tc"),
    *("traceroute", "wget"),
)
_BUNDLES = (  # certificate authorities, as Debian, Fedora and openSUSE keep them
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
)
_NAMES = (Path("/etc/iproute2/rt_protos"), Path("/usr/share/iproute2/rt_protos"))


def recipe() -> Recipe:
    """The programs that are here, with their libraries. Raises MachineUnfit if one is missing."""
    found = _find_programs()
    shell = busybox.program()
    files = tuple(path for path in (*_BUNDLES, *_NAMES) if path.is_file())

    def make(libraries: Sequence[Path]) -> Image:
        return Image(NAME, _build_tree(found, shell, files, libraries), command=("bash",))

    return Recipe(NAME, (*found, shell), make, files)


def _find_programs() -> list[Path]:
    programs = {name: system_program(name) for name in (*NEEDED, *WELCOME)}
    missing = [name for name in NEEDED if programs[name] is None]
    if missing:
        raise MachineUnfit(
            f"the tools image cannot be made: {', '.join(missing)} missing", fix="run `make deps`"
        )
    return [path for path in programs.values() if path]


def _build_tree(
    programs: Sequence[Path], shell: Path, files: Sequence[Path], libraries: Sequence[Path]
) -> dict[str, Entry]:
    tree = userland(programs, shell, libraries)
    tree |= {str(path): File(path) for path in files}
    for bundle in files:
        if bundle in _BUNDLES:  # where most programs look for it
            tree.setdefault(str(_BUNDLES[0]), File(bundle))
    return tree
