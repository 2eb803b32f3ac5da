"""A run is repeated from its crate, and from nothing that the crate does not list."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from testbed.cli import replay as replay_command
from testbed.cli import run as run_command
from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.lab.repeatable import FILE, read_lab
from testbed.paths import SCENARIOS
from testbed.records.archive import export, read_crate, take_in
from testbed.records.crate import METADATA
from testbed.records.store import Store
from testbed.replay import again, unlike
from testbed.replay.conditions import lab_conditions
from testbed.replay.evidence import Evidence
from testbed.replay.recipe import Recipe, read_recipe, take_inputs
from testbed.scenario.run import runner
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.result import ScenarioResult, write_result
from tests.shipped_plans import shipped_plan
from tests.unit.cli.said import said
from tests.unit.records.recorded import START, make_run, outcome, record

Keep = Callable[[ScenarioResult], None]
Ran = list[tuple[list[Scenario], runner.Options]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))
    return Store(tmp_path / "runs")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """`testbed run` and `replay` without root and without a lab: what the runner was given."""
    found: Ran = []

    def run(
        scenarios: list[Scenario], options: runner.Options, _: object, keep: Keep
    ) -> list[ScenarioResult]:
        found.append((scenarios, options))
        evidence = options.evidence / "te-bgp"
        (evidence / "rendered").mkdir(parents=True)
        (evidence / "rendered/plan.json").write_text(shipped_plan("full").model_dump_json())
        result = ScenarioResult(
            scenario="te-bgp", sentence="…", claims=(), verdict="pass", evidence=str(evidence)
        )
        write_result(evidence, result)
        keep(result)
        return [result]

    for module in (run_command, replay_command):
        monkeypatch.setattr(module, "need_root", lambda: None)
    monkeypatch.setattr(runner, "run", run)
    return found


def replay(*words: str) -> Result:
    return CliRunner().invoke(app, ["replay", *words])


def refusal(*words: str) -> TestbedError:
    error = replay(*words).exception
    assert isinstance(error, TestbedError)
    return error


@pytest.fixture
def first(store: Store, ran: Ran, tmp_path: Path) -> str:
    """A run of te-bgp with a policy of the user's; its name."""
    policy = tmp_path / "mine.yaml"
    policy.write_text("kind: SRPolicy\n")
    words = ["run", "te-bgp", "--profile", "paper", "--cluster", "none", "--repeat", "3"]
    assert CliRunner().invoke(app, [*words, "--policy", str(policy)]).exit_code == 0
    policy.unlink()
    ran.clear()
    return store.find("latest").name


def test_it_has_the_files_and_options_of_the_run(store: Store, ran: Ran, first: str) -> None:
    assert replay(first).exit_code == 0
    [([scenario], options)] = ran
    run = store.find("latest")
    inputs = run.path / "inputs"
    assert run.name != first
    assert run.record.replays == first
    assert scenario.file == inputs / "scenarios/te_bgp.py"
    assert scenario.topology == str(inputs / "topologies/full.py")
    assert options.policy == inputs / "policy/mine.yaml"
    assert options.policies == inputs / "policies"
    assert (options.profile, options.cluster, options.repeat) == ("paper", "none", 3)
    digests = [
        {f.path: f.sha256 for f in read_crate(store.find(name)).files if "inputs/" in f.path}
        for name in (first, run.name)
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 5
    metadata = (run.path / METADATA).read_text()
    assert f"urn:testbed:run:{first}" in metadata


def test_a_replay_can_be_replayed(store: Store, ran: Ran, first: str) -> None:
    assert replay(first).exit_code == 0
    second = store.find("latest").name
    assert replay(second).exit_code == 0
    assert store.find("latest").record.replays == second
    assert ran[0][1].repeat == ran[1][1].repeat == 3


def test_a_dry_run_runs_nothing_and_says_what_differs(
    store: Store, ran: Ran, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlike, "__version__", "99")
    result = replay(first, "--dry-run")
    assert result.exit_code == 0
    assert ran == []
    assert [run.name for run in store.runs()] == [first]
    row = next(line for line in result.output.splitlines() if "version" in line)
    assert row.split()[-1] == "99"
    assert all(len(line) <= 80 for line in result.output.splitlines())


@pytest.mark.usefixtures("first")
def test_a_plan_that_is_another_now_is_said(store: Store) -> None:
    then = {"te-bgp/rendered/plan.json": json.loads(shipped_plan("full").model_dump_json())}
    now = shipped_plan("full").model_copy(update={"max_segments": 5})
    found = unlike.unlike_plans(
        Evidence(store.find("latest").record, plans=then), {"te-bgp/rendered/plan.json": now}
    )
    assert [(one["area"], one["a"], one["b"]) for one in found] == [("MTU", "3", "5")]
    assert lab_conditions({}) == {}


def foreign(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Another machine's store, which has the latest run by its export."""
    export(store.find("latest"), tmp_path / "x.zip")
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "there"))
    there = Store(tmp_path / "there/runs")
    take_in(tmp_path / "x.zip", there, START)
    return there


def test_code_of_others_is_run_only_if_that_is_said(
    store: Store, ran: Ran, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = foreign(store, tmp_path, monkeypatch)
    for words in ((first,), (first, "--dry-run"), (first, "--even-so")):
        error = refusal(*words)
        assert "was not made by this user on this machine" in error.what
        assert "inputs/scenarios/te_bgp.py" in str(error.why)
        assert "inputs/topologies/full.py" in str(error.why)
    assert ran == []
    assert replay(first, "--trust").exit_code == 0
    assert there.find("latest").record.replays == first


@pytest.mark.usefixtures("ran")
def test_a_directory_that_somebody_put_into_the_store_is_foreign(store: Store, first: str) -> None:
    shutil.copytree(store.find(first).path, store.directory / "20300101-000000")
    assert "was not made by this user" in refusal("20300101").what


def test_a_file_that_was_edited_is_named(store: Store, ran: Ran, first: str) -> None:
    file = store.find(first).path / "inputs/topologies/full.py"
    file.write_text(file.read_text() + "# edited\n")
    error = refusal(first)
    assert "inputs/topologies/full.py has SHA-256" in str(error.why)
    assert ran == []
    assert replay(first, "--even-so").exit_code == 0
    taken = store.find("latest").path / "inputs/topologies/full.py"
    assert taken.read_text().endswith("# edited\n")


def test_what_lies_beside_a_file_is_left(store: Store, ran: Ran, first: str) -> None:
    """Python would import it instead of the module that is meant."""
    (store.find(first).path / "inputs/topologies/testbed.py").write_text("1 / 0\n")
    assert replay(first).exit_code == 0
    assert ran
    assert not (store.find("latest").path / "inputs/topologies/testbed.py").exists()


@pytest.mark.usefixtures("ran")
def test_a_newer_crate_is_refused(store: Store, first: str) -> None:
    file = store.find(first).path / METADATA
    file.write_text(file.read_text().replace('\\"schema_version\\":3', '\\"schema_version\\":4'))
    assert "the record has schema version 4" in refusal(first).what


@pytest.mark.parametrize("path", ["../secret.py", "/etc/passwd", "inputs/../../x.py"])
def test_no_path_leaves_the_crate(store: Store, first: str, path: str) -> None:
    file = store.find(first).path / METADATA
    file.write_text(file.read_text().replace("inputs/topologies/full.py", path))
    assert "is no path inside the crate" in refusal(first).what


def test_no_name_of_a_scenario_leaves_the_crate(tmp_path: Path) -> None:
    recipe = Recipe("scenarios", tmp_path, False)
    with pytest.raises(TestbedError, match="is no path inside the crate"):
        recipe.scenario_file("../" * 9 + str(SCENARIOS / "smoke"))


def test_no_lab_leads_out_of_the_crate(tmp_path: Path) -> None:
    lab = {
        "topology": "../x.py",
        "profile": "fast",
        "cluster": "none",
        "nodes": "n",
        "overlay": "o",
    }
    (tmp_path / FILE).write_text(json.dumps(lab))
    with pytest.raises(TestbedError, match="is no path inside the crate"):
        read_lab(tmp_path)


def test_a_scenario_that_the_crate_lacks(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="no file of the scenario smoke"):
        Recipe("scenarios", tmp_path, False).scenario_file("smoke")


def test_a_crate_of_an_older_testbed_has_the_topology_of_this_one(
    store: Store, tmp_path: Path
) -> None:
    """It kept scenario files, beside each other, and nothing else."""
    run = make_run(store, record("old", schema_version=1), outcome("smoke"))
    (run / "inputs").mkdir()
    shutil.copy(SCENARIOS / "smoke.py", run / "inputs")
    recipe = read_recipe(record("old", schema_version=1, outcomes=(outcome("smoke"),)), run)
    assert recipe.scenario_file("smoke") == run / "inputs/smoke.py"
    assert recipe.topology_of("full") == "full"
    assert recipe.policies == SCENARIOS / "policies"
    assert tmp_path


def test_an_evaluation_is_asked_for_as_it_was(tmp_path: Path) -> None:
    options = {"lab": "mine", "out": "/etc", "cases": "a,b", "repeats": "3", "seed": "7"}
    options["quick"] = "yes"
    recipe = read_recipe(record(kind="evaluation", options=options), tmp_path)
    assert recipe.in_lab
    assert recipe.evaluate == ["--cases", "a,b", "--repeats", "3", "--seed", "7", "--quick"]


def test_variables_are_those_of_the_run() -> None:
    own = {"TESTBED_OVERLAY": "agent", "TESTBED_STATE": "/s", "TESTBED_SLOWNESS": "3"}
    recipe = Recipe("scenarios", Path(), False, variables={"TESTBED_SLOWNESS": "8"})
    again.set_variables(recipe, own)
    assert own == {"TESTBED_STATE": "/s", "TESTBED_SLOWNESS": "8"}


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(again, "testbed", lambda *words: found.append(words))
    return found


class Silent:
    @contextmanager
    def step(self, _: str) -> Iterator[None]:
        yield


def test_a_lab_like_the_runs_is_put_down_again(
    tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    lab = {"topology": "inputs/topologies/full.py", "profile": "fast", "cluster": "none"}
    (tmp_path / FILE).write_text(json.dumps({**lab, "nodes": "namespace", "overlay": "agent"}))
    recipe = Recipe("scenarios", tmp_path, True)
    with pytest.raises(ZeroDivisionError), again.lab_for(recipe, None, Silent()) as name:  # type: ignore[arg-type]
        raise ZeroDivisionError
    [up, down] = commands
    assert up[:4] == ("up", str(tmp_path / "inputs/topologies/full.py"), "-n", name)
    assert down == ("down", "-n", name, "--quiet")


def test_a_lab_that_is_given_stays(tmp_path: Path, commands: list[tuple[str, ...]]) -> None:
    with again.lab_for(Recipe("scenarios", tmp_path, True), "mine", Silent()) as name:  # type: ignore[arg-type]
        assert name == "mine"
    assert commands == []


def test_a_file_that_changes_meanwhile_is_not_taken(
    store: Store, first: str, tmp_path: Path
) -> None:
    run = store.find(first)
    crate = read_crate(run)
    (run.path / "inputs/scenarios/te_bgp.py").write_text("1 / 0\n")
    with pytest.raises(TestbedError, match="has just been changed"):
        take_inputs(run.path, crate, tmp_path / "taken")


def test_a_link_that_leads_out_is_not_followed(store: Store, first: str, tmp_path: Path) -> None:
    run = store.find(first)
    file = run.path / "inputs/scenarios/te_bgp.py"
    file.rename(tmp_path / "elsewhere.py")
    file.symlink_to(tmp_path / "elsewhere.py")
    assert "te_bgp.py is no file" in str(refusal(first).why)
    assert "te_bgp.py is a link to" in str(refusal(first, "--even-so").why)
    assert [one.name for one in store.runs()] == [first]


@pytest.mark.usefixtures("ran")
def test_the_list_names_the_run_that_is_repeated(store: Store, first: str) -> None:
    assert replay(first).exit_code == 0
    assert f"replays    {first}" in said("runs", "show")
    assert store.find("previous").name == first
