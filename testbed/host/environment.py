"""Which environment variables reach root, and which reach the daemons of a lab: the only lists.

What a user's environment holds is meant for that user's programs. No variable here names code,
but for TESTBED_GOBGPD (a program), TESTBED_CACHE (a directory of programs and images) and
TESTBED_ARTEFACT_MIRROR (a server of programs whose hashes are pinned). Whoever may run `testbed`
by sudo chooses them as they choose `--gobgpd`. TESTBED_DATA and TESTBED_STATE name directories
that root writes to. Standard library only: a lab's init imports it.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from testbed.paths import SYSTEM_PATH

# The options of the command line that can be set for a whole session.
OPTIONS = (
    *("TESTBED_NAME", "TESTBED_FORMAT", "TESTBED_QUIET", "TESTBED_FROM_SNAPSHOT"),
    *("TESTBED_PROGRESS", "TESTBED_VERBOSE"),
    *("TESTBED_PROFILE", "TESTBED_CLUSTER", "TESTBED_NODES", "TESTBED_OVERLAY", "TESTBED_BOX"),
    "TESTBED_GOBGPD",
)
SETTINGS = (
    *("TESTBED_CACHE", "TESTBED_STATE", "TESTBED_DATA", "TESTBED_SLOWNESS"),
    *("TESTBED_ARTEFACT_SOURCES", "TESTBED_ARTEFACT_MIRROR"),
)
# Set by the testbed itself, for one program that it starts; never taken from a caller.
GIVEN = (
    *("TESTBED_NODE", "TESTBED_KERNEL", "TESTBED_VAGRANT"),
    *("TESTBED_RESTARTS_WITH", "TESTBED_BEARS", "TESTBED_MINDS_CLOCK", "TESTBED_STARTER"),
)

ASKED = (*OPTIONS, *SETTINGS, "NO_COLOR")  # sudo is asked to let these through
_OUTPUT = ("TERM", "COLORTERM", "COLUMNS", "LINES", "LANG", "LANGUAGE", "TZ")
_WHO = ("HOME", "USER", "LOGNAME", "SHELL", "SUDO_UID", "SUDO_GID", "SUDO_USER")
# Never asked for: only where the administrator's sudoers lets a proxy's address through.
_PROXIES = tuple(f"{kind}_proxy" for kind in ("http", "https", "ftp", "all", "no"))
_ROOT = {*ASKED, *_OUTPUT, *_WHO, *_PROXIES, *(name.upper() for name in _PROXIES)}
# The rest names places that a lab lacks, such as /run/user/1000, or proxies, by which a node would
# look for its API server.
_DAEMONS = {"HOME", "LANG", "TZ", "TESTBED_DATA", "TESTBED_SLOWNESS"}


def asked(callers: Mapping[str, str]) -> list[str]:
    """Names of the caller's variables that sudo is to let through."""
    return sorted(name for name in ASKED if name in callers)


def settle(own: MutableMapping[str, str]) -> None:
    """Bring root's own environment down to the list.

    By sudo, whatever its rules let through. Root itself keeps what it has set, but for a PATH that
    would take programs from the current directory.
    """
    if "SUDO_UID" in own:
        for name in set(own) - _ROOT:
            if not name.startswith("LC_"):
                del own[name]
        own["PATH"] = SYSTEM_PATH
    else:
        absolute = [entry for entry in own.get("PATH", "").split(":") if entry.startswith("/")]
        own["PATH"] = ":".join(absolute) or SYSTEM_PATH


def of_daemons(callers: Mapping[str, str]) -> dict[str, str]:
    """The environment of every daemon of a lab."""
    kept = {n: v for n, v in callers.items() if n in _DAEMONS or n.startswith("LC_")}
    return {"PATH": SYSTEM_PATH, **kept}
