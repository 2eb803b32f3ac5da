"""Repeats a run: its inputs out of the crate, its lab, and what was run in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host import children
from testbed.host.progress import Progress
from testbed.interpreter import own_program
from testbed.lab.access.own_command import testbed
from testbed.lab.repeatable import read_lab
from testbed.records.crate import Crate
from testbed.records.inputs import SCENARIOS, TOPOLOGIES
from testbed.records.source import read_source
from testbed.records.store import StoredRun
from testbed.replay.areas import Unlike
from testbed.replay.evidence import Evidence
from testbed.replay.recipe import REPEATED, Recipe, read_recipe, take_inputs
from testbed.replay.unlike import plan_of_lab, plans_of_scenarios, unlike_here, unlike_plans
from testbed.scenario.run.registry import Scenario, load
from testbed.scenario.run.runner import Options


def refuse_foreign(run: StoredRun, crate: Crate) -> None:
    """Raises TestbedError for a run that this machine did not see begin: its files are code."""
    if run.is_own:
        return
    code = [file.path for file in crate.files if file.path.startswith((SCENARIOS, TOPOLOGIES))]
    raise TestbedError(
        f"run {run.name} was not made by this user on this machine",
        where=str(run.path),
        why=f"a replay runs its code, scenarios as root: {', '.join(code) or 'none is listed'}",
        fix=f"read these files; then `testbed replay {run.name} --trust`",
    )


def prepare(
    run: StoredRun, crate: Crate, directory: Path, even_so: bool
) -> tuple[Recipe, tuple[Scenario, ...]]:
    """Take the inputs out of the crate, into a directory. Raises TestbedError, OSError."""
    take_inputs(run.path, crate, directory, even_so)
    recipe = read_recipe(crate.record, directory)
    return recipe, tuple(_load(recipe, name) for name in recipe.scenarios)


def what_is_unlike(
    recipe: Recipe, scenarios: Sequence[Scenario], then: Evidence, lab: str | None
) -> list[Unlike]:
    """What cannot be made as it was, of this machine and of the labs. Raises TestbedError.

    `lab` is up: what it is, is its own.
    """
    found = unlike_here(then, read_source())
    kept = read_lab(recipe.directory)
    if lab is None and recipe.in_lab and kept is not None:
        found = unlike_plans(then, plan_of_lab(recipe, kept)) + found
    elif lab is None and not recipe.in_lab:
        found = unlike_plans(then, plans_of_scenarios(recipe, then, scenarios)) + found
    return found


def _load(recipe: Recipe, name: str) -> Scenario:
    scenario = load(recipe.scenario_file(name))
    return replace(scenario, topology=recipe.topology_of(scenario.topology))


def set_variables(recipe: Recipe, own: MutableMapping[str, str]) -> None:
    """Those of the run that change what it does, and no others of these."""
    for name in REPEATED:
        own.pop(name, None)
    own.update(recipe.variables)


@contextmanager
def lab_for(recipe: Recipe, lab: str | None, progress: Progress) -> Iterator[str | None]:
    """The lab to use: the one given, or one like the run's for as long as this lasts.

    None where each scenario is to have one of its own. Raises TestbedError.
    """
    if lab is not None or not recipe.in_lab:
        yield lab
        return
    kept = read_lab(recipe.directory)
    if kept is None or not kept.topology:
        raise TestbedError(
            "the lab of the run is not in its crate",
            why="an older testbed made it, or its topology had been moved",
            fix="-n LAB, for a lab like it that is up",
        )
    name = f"replay-{os.getpid()}"
    try:
        with progress.step(f"lab {name}: {Path(kept.topology).stem}"):
            testbed(*kept.up(recipe.directory, name), "--quiet", "--no-pods")
        yield name
    finally:
        testbed("down", "-n", name, "--quiet")


def options_of(recipe: Recipe, directory: Path, lab: str | None) -> Options:
    """Those of `testbed run`."""
    return Options(
        lab,
        directory,
        recipe.profile,
        None,
        recipe.policy,
        repeat=recipe.repeat,
        cluster=recipe.cluster,
        nodes=recipe.nodes,
        settings=dict(recipe.settings),
        policies=recipe.policies,
    )


def evaluate_again(recipe: Recipe, lab: str, run: str, words: Sequence[str]) -> int:
    """Its exit code. A process of its own: entering a lab is for good."""
    command = ["evaluate", *recipe.evaluate, "-n", lab, "--out", str(recipe.directory)]
    done = subprocess.run(
        own_program("testbed", *command, "--replays", run, *words),
        stdin=subprocess.DEVNULL,
        env={**os.environ, **children.of_this_process()},
    )
    return done.returncode
