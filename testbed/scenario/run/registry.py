"""The `@scenario` mark, and the scenarios that are there."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from testbed.errors import TestbedError
from testbed.paths import SCENARIOS
from testbed.scenario.run import settings
from testbed.scenario.run.needs import checked

SHIPPED = SCENARIOS
F = TypeVar("F", bound=Callable[..., None])


@dataclass(frozen=True)
class Scenario:
    """One scenario file's function and what it asks for."""

    name: str
    file: Path
    sentence: str  # what it shows: the first line of its docstring
    claims: tuple[str, ...]
    topology: str
    params: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)  # its own, with their defaults
    function: Callable[..., None] = field(repr=False, default=lambda *_: None)


def scenario(
    claims: list[str],
    topology: str = "full",
    params: dict[str, str] | None = None,
    needs: Sequence[str] = (),
) -> Callable[[F], F]:
    """Marks a function as a scenario: which claims it proves, on which topology.

    `params` are for the topology's build(). `needs` says what not every lab has ("kubernetes");
    in a lab without it the scenario is not applicable.
    """

    def mark(function: F) -> F:
        function.__dict__["__scenario__"] = {
            "claims": tuple(claims),
            "topology": topology,
            "params": params or {},
            "needs": checked(needs),
        }
        return function

    return mark


def load(file: Path) -> Scenario:
    """The scenario in a file. Raises TestbedError."""
    try:
        names = runpy.run_path(str(file))
    except Exception as error:
        raise TestbedError(f"{type(error).__name__}: {error}", where=file.name) from error
    marked: list[Any] = [v for v in names.values() if hasattr(v, "__scenario__")]
    if len(marked) != 1:
        raise TestbedError(
            f"{len(marked)} functions are marked @scenario",
            where=file.name,
            fix="one scenario per file",
        )
    function = marked[0]
    doc = (function.__doc__ or "").strip()
    return Scenario(
        name=file.stem.replace("_", "-"),
        file=file,
        sentence=" ".join(doc.split("\n\n")[0].split()),
        settings=settings.defaults(function),
        function=function,
        **function.__scenario__,
    )


def find(name: str) -> Scenario:
    """A shipped scenario by name, or one in a file of the user's. Raises TestbedError."""
    for path in (Path(name), SHIPPED / f"{name.replace('-', '_')}.py"):
        if path.suffix == ".py" and path.is_file():
            return load(path.resolve())
    names = ", ".join(s.name for s in shipped())
    raise TestbedError(f"no scenario {name!r}", fix=f"there are: {names}")


def shipped() -> list[Scenario]:
    """The scenarios that come with the project."""
    return [load(p) for p in sorted(SHIPPED.glob("*.py"))]
