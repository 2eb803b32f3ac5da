"""The `@scenario` mark, and the scenarios that there are."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.paths import SCENARIOS
from testbed.scenario.run import settings
from testbed.scenario.run.needs import Need, parse_needs
from testbed.scenario.run.settings import Settings

SHIPPED = SCENARIOS
_MARK = "__scenario__"
F = TypeVar("F", bound=Callable[..., None])


@dataclass(frozen=True)
class Mark:
    """What `@scenario` says of a function."""

    claims: tuple[str, ...]
    topology: str
    params: Mapping[str, str]
    needs: tuple[Need, ...]
    nodes: tuple[str, ...]
    long: bool


@dataclass(frozen=True)
class Scenario:
    """One scenario file's function and what it asks for."""

    name: str
    file: Path
    sentence: str  # what it shows: the first line of its docstring
    claims: tuple[str, ...]
    topology: str
    params: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    nodes: tuple[str, ...] = ()  # if any: these cluster nodes are all that it needs of a plan
    long: bool = False  # `run --long` takes it, `run --all` does not
    settings: Settings = field(default_factory=dict)  # its own, with their defaults
    function: Callable[..., None] = field(repr=False, default=lambda *_: None)


def scenario(
    claims: list[str],
    topology: str = "full",
    params: dict[str, str] | None = None,
    needs: Sequence[str] = (),
    nodes: Sequence[str] = (),
    long: bool = False,
) -> Callable[[F], F]:
    """Marks a function as a scenario: which claims it proves, on which topology.

    `params` are for the topology's build(). `needs` says what not every lab has ("kubernetes",
    or an overlay of the nodes' kernels: "ipip", "vxlan"); in a lab without it the scenario is
    not applicable. With `nodes` it runs in every lab that has these cluster nodes, whatever its
    topology (run -n LAB); without, only in one of this topology and these params. A `long` one
    is left out by `run --all`; `run --long` takes it.
    """

    def mark(function: F) -> F:
        function.__dict__[_MARK] = Mark(
            tuple(claims), topology, params or {}, parse_needs(needs), tuple(nodes), long
        )
        return function

    return mark


def load(file: Path) -> Scenario:
    """The scenario in a file. Raises TestbedError."""
    try:
        names = runpy.run_path(str(file))
    except Exception as error:
        raise TestbedError(f"{type(error).__name__}: {error}", where=file.name) from error
    marked = [(v, v.__dict__[_MARK]) for v in names.values() if _MARK in getattr(v, "__dict__", {})]
    if len(marked) != 1:
        raise TestbedError(
            f"{len(marked)} functions are marked @scenario",
            where=file.name,
            fix="one scenario per file",
        )
    function, mark = marked[0]
    doc = (function.__doc__ or "").strip()
    return Scenario(
        name=file.stem.replace("_", "-"),
        file=file,
        sentence=" ".join(doc.split("\n\n")[0].split()),
        claims=mark.claims,
        topology=mark.topology,
        params=mark.params,
        needs=mark.needs,
        nodes=mark.nodes,
        long=mark.long,
        settings=settings.defaults(function),
        function=function,
    )


def find(name: str) -> Scenario:
    """A shipped scenario by name, or one in a file of the user's. Raises TestbedError."""
    for path in (Path(name), SHIPPED / f"{name.replace('-', '_')}.py"):
        if path.suffix == ".py" and path.is_file():
            return load(path.resolve())
    names = [s.name for s in shipped()]
    fix = did_you_mean(name, names) or f"there are: {', '.join(names)}"
    raise TestbedError(f"no scenario {name!r}", fix=fix)


def shipped() -> list[Scenario]:
    """The scenarios that come with the project."""
    return [load(p) for p in sorted(SHIPPED.glob("*.py"))]


def usual() -> list[Scenario]:
    """Those of them that are not long."""
    return [found for found in shipped() if not found.long]
