"""How the run of a crate is repeated: its inputs taken out, and the options that it had."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.lab.repeatable import FILE as LAB
from testbed.lab.repeatable import PLAN
from testbed.paths import POLICIES as SHIPPED_POLICIES
from testbed.records.crate import Crate, altered, refuse_outside
from testbed.records.inputs import GIVEN_POLICY, INPUTS, POLICIES, SCENARIOS, TOPOLOGIES
from testbed.records.record import Kind, RunRecord

WHOLE = 2  # schema version from which a crate has topologies and policies
YES = "yes"  # an option of evaluations without a value
WITH = "with "  # before the name of a scenario's setting, in a record's options
# Variables that change what a run does; those of paths are of one machine.
_OWN = ("lab", "name", "out", "replays", "format")
REPEATED = ("TESTBED_OVERLAY", "TESTBED_BOX", "TESTBED_SLOWNESS")


@dataclass(frozen=True)
class Recipe:
    """What was run. `directory` has the crate's inputs; `files` are those of `scenarios`."""

    kind: Kind
    directory: Path
    in_lab: bool  # it used a lab that was up
    scenarios: tuple[str, ...] = ()
    topology: str | None = None  # the user's own instead of the scenarios'
    is_whole: bool = True  # topologies and policies are in the crate, too
    profile: str = "fast"
    cluster: str = "none"
    nodes: str = "namespace"
    repeat: int = 1
    policy: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    evaluation: Mapping[str, str] = field(default_factory=dict)  # option → value
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def policies(self) -> Path:
        """Where those are that scenarios name."""
        return self.directory / POLICIES if self.is_whole else SHIPPED_POLICIES

    def topology_of(self, wanted: str) -> str:
        """The file in the crate; where it has none, the name of one of this testbed's."""
        name = Path(self.topology or wanted).stem
        file = self.directory / TOPOLOGIES / f"{name}.py"
        return str(file) if file.is_file() else name

    @property
    def evaluate(self) -> list[str]:
        """The words after `testbed evaluate`; the lab and the directory are the replay's."""
        pairs = [(name, value) for name, value in self.evaluation.items() if name not in _OWN]
        return [
            word
            for name, value in pairs
            for word in ([f"--{name}"] if value == YES else [f"--{name}", value])
        ]

    def scenario_file(self, name: str) -> Path:
        """The scenario as the run had it. Raises TestbedError if the crate has none."""
        refuse_outside(name, str(self.directory))
        base = name.replace("-", "_")
        for folder in (SCENARIOS, INPUTS):  # the latter in records of schema version 1
            for stem in (base, name):
                if (file := self.directory / folder / f"{stem}.py").is_file():
                    return file
        raise TestbedError(
            f"the crate has no file of the scenario {name}",
            where=str(self.directory / SCENARIOS),
            fix=f"testbed run {name}, which takes that of this testbed",
        )


def take_inputs(source: Path, crate: Crate, target: Path, even_so: bool = False) -> None:
    """Copy what the crate lists of its inputs, and nothing that lies beside it.

    Python imports what it finds beside a file. Raises TestbedError for a file that changed since
    it was looked at, OSError.
    """
    for file in crate.files:
        if file.path.startswith(f"{INPUTS}/") or file.path in (LAB, PLAN):
            content = _read_inside(source, file.path)
            if hashlib.sha256(content).hexdigest() != file.sha256 and not even_so:
                raise TestbedError(
                    f"{file.path} has just been changed",
                    where=str(source),
                    fix="--even-so takes it as it stands",
                )
            (target / file.path).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target / file.path, content)


def _read_inside(source: Path, path: str) -> bytes:
    """Raises TestbedError for a link that leads out of the run's directory."""
    file = (source / path).resolve()
    if not file.is_relative_to(source.resolve()):
        raise altered(f"{path} is a link to {file}", str(source))
    return file.read_bytes()


def read_recipe(record: RunRecord, directory: Path) -> Recipe:
    """From the record and the inputs that were taken out of the crate. Raises TestbedError."""
    options = record.options
    given = sorted((directory / GIVEN_POLICY).glob("*"))
    return Recipe(
        kind=record.kind,
        directory=directory,
        in_lab="lab" in options,
        scenarios=_scenarios(record, directory),
        topology=options.get("topology"),
        is_whole=record.schema_version >= WHOLE,
        profile=options.get("profile", "fast"),
        cluster=options.get("cluster", "none"),
        nodes=options.get("nodes", "namespace"),
        repeat=_number(options.get("repeat", "1")),
        policy=given[0] if given else None,
        settings={
            name.removeprefix(WITH): value
            for name, value in options.items()
            if name.startswith(WITH)
        },
        evaluation=options,
        variables={
            name: record.environment[name] for name in REPEATED if name in record.environment
        },
    )


def _scenarios(record: RunRecord, directory: Path) -> tuple[str, ...]:
    """In the order of the run; those that a run did not get to, too."""
    kept = sorted(file.stem.replace("_", "-") for file in (directory / SCENARIOS).glob("*.py"))
    ended = [outcome.name for outcome in record.outcomes]
    return tuple(dict.fromkeys([*ended, *kept])) if record.kind == "scenarios" else ()


def _number(text: str) -> int:
    try:
        return max(1, int(text))
    except ValueError:
        return 1
