"""Gets missing artefacts: from the cache, a release or a build, in that order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.artefacts import cache
from testbed.artefacts.build import build
from testbed.artefacts.exclusive import locked_cache, scratch
from testbed.artefacts.lockfile import Artefact, needed, providing
from testbed.artefacts.network import Network, Unreachable
from testbed.artefacts.release import fetch_release
from testbed.artefacts.settings import sources
from testbed.errors import MachineUnfit

Say = Callable[[str], None]


def say_on_stderr(line: str) -> None:
    """The default progress line."""
    print(line, file=sys.stderr, flush=True)


def ensure(
    names: Sequence[str] = (),
    *,
    force: bool = False,
    say: Say = say_on_stderr,
    network: Network | None = None,
) -> dict[str, Path]:
    """Have the named programs or artefacts (none: what a lab needs); gives name -> executable.

    `force` ignores what the cache holds. Raises CheckFailed (exit code 1) on wrong content,
    MachineUnfit (4) if no way leads to them, with the reason of each.
    """
    network = network or Network()
    found: dict[str, Path] = {}
    for artefact in dict.fromkeys(providing(name) for name in names) if names else needed():
        found.update(_fetch_artefact(artefact, force, say, network))
    return found


def _fetch_artefact(artefact: Artefact, force: bool, say: Say, network: Network) -> dict[str, Path]:
    ways = sources()
    if "cache" in ways and not force and (held := cache.paths(artefact)) is not None:
        return held
    reasons: list[str] = []
    with locked_cache(f"fetching {artefact.title}", say):
        for way in ways:
            try:
                return _try_source(way, artefact, force, say, network)
            except (Unreachable, MachineUnfit) as error:
                reasons.append(f"{way}: {error}")
                if way != "cache" and (way != "release" or artefact.releases):
                    say(f"{artefact.title} {artefact.version} not from {way}: {error}")
    raise MachineUnfit(
        f"{artefact.title} {artefact.version} cannot be had",
        why="; ".join(reasons),
        fix="give this machine a way to the release or to the Go modules, then "
        "`testbed artefacts fetch`; or bring another's cache by `testbed artefacts import FILE`",
    )


def _try_source(
    way: str, artefact: Artefact, force: bool, say: Say, network: Network
) -> dict[str, Path]:
    if way == "cache":
        held = None if force else cache.paths(artefact)
        if held is None:
            raise Unreachable("ignored" if force else "not there")
        return held
    with scratch() as into:
        if way == "release":
            source = fetch_release(artefact, network, into, say)
        else:
            source = build(artefact, into, say)
        cache.add(artefact, into, f"{way} {source}")
    say(f"✓ {artefact.title} {artefact.version} from {way}")
    held = cache.paths(artefact)
    assert held is not None  # just added, under the lock
    return held
