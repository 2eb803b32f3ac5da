"""Lists and verifies the artefacts in the cache; uses no network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from typing_extensions import TypedDict

from testbed.artefacts import cache
from testbed.artefacts.lockfile import Artefact, artefacts, providing
from testbed.artefacts.settings import cache_root
from testbed.errors import CheckFailed, MachineUnfit


class ArtefactRow(TypedDict):
    """A pinned program or set of programs, and what the cache holds of it."""

    name: str
    version: str
    programs: list[str]
    optional: bool
    state: Literal["cached", "absent", "damaged"]
    source: str | None
    path: str | None
    why: str


def program(name: str) -> Path:
    """The executable of a program that has been fetched; its file name is the program's.

    Raises CheckFailed if the cached one is damaged, MachineUnfit (exit code 4) if it is absent.
    """
    artefact = providing(name)
    held = cache.paths(artefact)
    if held is None or name not in held:
        raise MachineUnfit(
            f"{name} {artefact.version} is not here yet",
            where=str(cache_root()),
            fix=_fetch_command(artefact),
        )
    return held[name]


def verify() -> list[tuple[str, CheckFailed | None]]:
    """Read every cached artefact in full: (name, what is wrong with it or None).

    An optional one that was never fetched is not missing.
    """
    wanted = [a for a in artefacts() if not a.optional or cache.held(a) is not None]
    return [(artefact.name, _find_problem(artefact)) for artefact in wanted]


def _find_problem(artefact: Artefact) -> CheckFailed | None:
    try:
        if cache.paths(artefact, whole=True) is None:
            raise CheckFailed(
                f"{artefact.title} {artefact.version} is not in the cache",
                fix=_fetch_command(artefact),
            )
    except CheckFailed as error:
        return error
    return None


def _fetch_command(artefact: Artefact) -> str:
    return "testbed artefacts fetch" + (f" {artefact.name}" if artefact.optional else "")


def listing() -> list[ArtefactRow]:
    """Each artefact: name, version, programs, state (cached, absent, damaged), source, path."""
    return [_inventory_row(artefact) for artefact in artefacts()]


def _inventory_row(artefact: Artefact) -> ArtefactRow:
    held = cache.held(artefact)
    state: Literal["cached", "absent", "damaged"] = "absent"
    where = None
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
        "optional": artefact.optional,
        "state": state,
        "source": held.source if held else None,
        "path": where,
        "why": artefact.why,
    }
