"""Which distribution this machine has, and where its apt gets packages: the box is of the same.

So the guest's Python is the host's, and no other network is asked than the one apt already uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from testbed.errors import MachineUnfit
from testbed.host.run import run

KERNELS = {"debian": "linux-image-cloud-amd64", "ubuntu": "linux-image-virtual"}
_FIELDS = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)"


@dataclass(frozen=True)
class Distribution:
    """A release, and lines as in apt's sources.list."""

    name: str  # "debian"
    suite: str  # "bookworm"
    sources: tuple[str, ...]

    @property
    def kernel(self) -> str:
        """The package that depends on the newest small kernel."""
        return KERNELS[self.name]


def of_this_machine() -> Distribution:
    """Raises MachineUnfit where the box cannot be made."""
    release = _os_release(Path("/etc/os-release").read_text())
    name, suite = release.get("ID", ""), release.get("VERSION_CODENAME", "")
    if name not in KERNELS:
        raise MachineUnfit(
            "a box can be made on Debian and Ubuntu only",
            why=f"this is {release.get('PRETTY_NAME', 'another system')}",
            fix="nodes as namespaces need no box",
        )
    listed = run(["apt-get", "indextargets", "--format", _FIELDS, "Created-By: Packages"]).stdout
    sources = sources_of(listed, name, suite)
    if not sources:
        raise MachineUnfit(
            f"apt knows no source of {name} {suite}",
            why="see apt-cache policy",
            fix="apt-get update",
        )
    return Distribution(name, suite, sources)


def sources_of(indextargets: str, name: str, suite: str) -> tuple[str, ...]:
    """The distribution's own sources out of what `apt-get indextargets` printed."""
    found: dict[str, None] = {}
    for line in indextargets.splitlines():
        origin, uri, release, codename, component = line.split("|")
        if origin.lower() == name and codename.partition("-")[0] == suite:
            found[f"deb {uri} {release} {component}"] = None
    return tuple(found)


def _os_release(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value.strip('"') for key, _, value in pairs}
