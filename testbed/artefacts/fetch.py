"""Getting what is missing: cache, then release, then build, each with its reason to go on."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from testbed.artefacts import cache
from testbed.artefacts.build import build
from testbed.artefacts.lockfile import Artefact, providing
from testbed.artefacts.network import Network, Unreachable
from testbed.artefacts.release import fetch_release
from testbed.artefacts.settings import cache_root, sources
from testbed.errors import CheckFailed, MachineUnfit, TestbedError

LOCK_LIMIT = 3600  # seconds: another run may be building

Say = Callable[[str], None]


def say_on_stderr(line: str) -> None:
    """The default progress line."""
    print(line, file=sys.stderr, flush=True)


def ensure(
    names: Sequence[str],
    *,
    force: bool = False,
    say: Say = say_on_stderr,
    network: Network | None = None,
) -> dict[str, Path]:
    """Have the named programs or artefacts; gives program name -> executable path.

    `force` ignores what the cache holds. Raises CheckFailed (exit code 1) on wrong content,
    MachineUnfit (4) if no way leads to them, with the reason of each.
    """
    network = network or Network()
    found: dict[str, Path] = {}
    for artefact in dict.fromkeys(providing(name) for name in names):
        found.update(_one(artefact, force, say, network))
    return found


def _one(artefact: Artefact, force: bool, say: Say, network: Network) -> dict[str, Path]:
    ways = sources()
    if "cache" in ways and not force and (held := cache.paths(artefact)) is not None:
        return held
    reasons: list[str] = []
    with _alone(artefact, say):
        for way in ways:
            try:
                return _try(way, artefact, force, say, network)
            except (Unreachable, MachineUnfit) as error:
                reasons.append(f"{way}: {error}")
                if way != "cache":
                    say(f"{artefact.title} {artefact.version} not from {way}: {error}")
    raise MachineUnfit(
        f"{artefact.title} {artefact.version} cannot be had",
        why="; ".join(reasons),
        fix="give this machine a way to the release or to the Go modules, then: "
        "testbed artefacts fetch",
    )


def _try(way: str, artefact: Artefact, force: bool, say: Say, network: Network) -> dict[str, Path]:
    if way == "cache":
        held = None if force else cache.paths(artefact)
        if held is None:
            raise Unreachable("ignored" if force else "not there")
        return held
    with _scratch() as into:
        if way == "release":
            source = fetch_release(artefact, network, into)
        else:
            source = build(artefact, into, say)
        cache.add(artefact, into, f"{way} {source}")
    say(f"✓ {artefact.title} {artefact.version} from {way}")
    held = cache.paths(artefact)
    assert held is not None  # just added, under the lock
    return held


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=cache_root(), prefix=".work-") as scratch:
        yield Path(scratch)


@contextlib.contextmanager
def _alone(artefact: Artefact, say: Say) -> Iterator[None]:
    root = cache_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"waiting for another run that fetches {artefact.title}")
            lock.acquire(timeout=LOCK_LIMIT)
    except Timeout:
        raise MachineUnfit(
            "another run holds the artefact cache",
            where=str(root / ".lock"),
            why=f"not released within {LOCK_LIMIT} s",
        ) from None
    except OSError as error:
        raise MachineUnfit(
            "the artefact cache cannot be written",
            where=str(root),
            why=str(error),
            fix="set TESTBED_CACHE to a directory of yours",
        ) from None
    try:
        _remove_leftovers(root)
        yield
    except OSError as error:
        raise TestbedError(
            "fetching failed",
            where=error.filename or str(root),
            why=error.strerror or str(error),
            exit_code=4,
        ) from None
    finally:
        lock.release()


def _remove_leftovers(root: Path) -> None:
    # under the lock: whoever made these was killed
    for pattern in (".work-*", "objects/.new-*", "toolchain/.new-*"):
        for left in root.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)


def program(name: str) -> Path:
    """The executable of a program that has been fetched; asks no network.

    Raises CheckFailed if the cached one is damaged, TestbedError (exit code 4) if it is absent.
    """
    artefact = providing(name)
    held = cache.paths(artefact)
    if held is None or name not in held:
        raise MachineUnfit(
            f"{name} {artefact.version} is not here yet",
            where=str(cache_root()),
            fix="testbed artefacts fetch",
        )
    return held[name]


def verify() -> list[tuple[str, CheckFailed | None]]:
    """Read every cached artefact in full: (name, what is wrong with it or None)."""
    from testbed.artefacts.lockfile import artefacts

    found: list[tuple[str, CheckFailed | None]] = []
    for artefact in artefacts():
        try:
            if cache.paths(artefact, whole=True) is None:
                raise CheckFailed(
                    f"{artefact.title} {artefact.version} is not in the cache",
                    fix="testbed artefacts fetch",
                )
            found.append((artefact.name, None))
        except CheckFailed as error:
            found.append((artefact.name, error))
    return found


def listing() -> list[dict[str, object]]:
    """Each artefact: name, version, programs, state (cached, absent, damaged), source, path."""
    from testbed.artefacts.lockfile import artefacts

    return [_row(artefact) for artefact in artefacts()]


def _row(artefact: Artefact) -> dict[str, object]:
    held = cache.held(artefact)
    state, where = "absent", None
    if held is not None:
        try:
            programs = cache.paths(artefact) or {}
            state, where = "cached", str(programs[artefact.programs[0]].parent)
        except CheckFailed:
            state = "damaged"
    return {
        "name": artefact.name,
        "version": artefact.version,
        "programs": list(artefact.programs),
        "state": state,
        "source": held.source if held else None,
        "path": where,
        "why": artefact.why,
    }
