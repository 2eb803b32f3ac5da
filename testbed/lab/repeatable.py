"""What it takes to bring up a lab like one that is up, kept with a run in it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.host.labs import LabDir
from testbed.plan.model import Plan
from testbed.records.crate import refuse_outside
from testbed.records.inputs import TOPOLOGIES, keep_files, with_imported
from testbed.topology.load import find

FILE, PLAN = "lab.json", "plan.json"


class RepeatableLab(BaseModel):
    """The options of `testbed up`. `topology` is a path in the crate; empty if it was not kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    topology: str
    parameters: Mapping[str, str] = {}
    profile: str
    cluster: str
    nodes: str
    overlay: str
    box: str | None = None

    def up(self, directory: Path, name: str) -> list[str]:
        """The words of the `up` that makes it again, from the crate in a directory."""
        words = ["up", str(directory / self.topology), "-n", name, "--profile", self.profile]
        words += ["--cluster", self.cluster, "--nodes", self.nodes, "--overlay", self.overlay]
        words += ["--box", self.box] if self.box else []
        for key, value in self.parameters.items():
            words += ["--set", f"{key}={value}"]
        return words


def keep_lab(directory: Path, lab: LabDir, plan: Plan) -> None:
    """Write lab.json, plan.json, and the topology with what it imports. Raises OSError."""
    name, parameters = _parse_up(lab.up_command)
    try:
        file = find(name or plan.topology)
    except TestbedError:  # it was moved since
        path = ""
    else:
        keep_files(with_imported(file), directory, TOPOLOGIES)
        path = f"{TOPOLOGIES}/{file.name}"
    kept = RepeatableLab(
        topology=path,
        parameters=parameters,
        profile=plan.profile,
        cluster=plan.kind["cluster"],
        nodes=plan.kind["nodes"],
        overlay=plan.kind["overlay"],
        box=plan.box,
    )
    write_atomically(directory / FILE, kept.model_dump_json(indent=1) + "\n")
    keep_plan(directory, plan)


def keep_plan(directory: Path, plan: Plan) -> None:
    """Write plan.json. Raises OSError."""
    write_atomically(directory / PLAN, plan.model_dump_json(indent=1) + "\n")


def read_lab(directory: Path) -> RepeatableLab | None:
    """The lab that a run was in; None if it made its own. Raises TestbedError."""
    file = directory / FILE
    try:
        found = RepeatableLab.model_validate_json(file.read_text())
        if found.topology:
            refuse_outside(found.topology, str(file))
        return found
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, ValueError) as error:
        raise TestbedError(
            "what is kept of the run's lab cannot be read",
            where=str(file),
            why=str(error).splitlines()[0],
            fix="-n LAB, for a lab that is up",
        ) from None


def _parse_up(command: str) -> tuple[str, dict[str, str]]:
    """Topology and parameters of a recorded `testbed up …`."""
    words = shlex.split(command)[2:]
    name = words[0] if words and not words[0].startswith("-") else ""
    given = [after for word, after in pairwise(words) if word == "--set"]
    return name, dict(pair.split("=", 1) for pair in given)
