"""A run's crate has what Process Run Crate 0.5 asks for, and is read as it was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbed.errors import TestbedError
from testbed.records.crate import PROFILE, Crate, CrateFile, describe, parse
from testbed.records.record import RunRecord
from tests.unit.records.recorded import START, outcome, record

FILES = (
    CrateFile("command.txt", 3, "a" * 64),
    CrateFile("smoke/a path.json", 5, "b" * 64),
    CrateFile("te-bgp/result.json", 7, "c" * 64),
)
FAILED = "http://schema.org/FailedActionStatus"
COMPLETED = "http://schema.org/CompletedActionStatus"


def crate(run: RunRecord) -> dict[str, Any]:
    """Id → entity."""
    return {e["@id"]: e for e in json.loads(json.dumps(describe(run, FILES)))["@graph"]}


def ended(*verdicts: str) -> RunRecord:
    outcomes = tuple(
        outcome(("smoke", "te-bgp")[number], verdict=verdict)
        for number, verdict in enumerate(verdicts)
    )
    return record(state="finished", ended=START, outcomes=outcomes)


def ids(references: list[dict[str, str]]) -> list[str]:
    return [one["@id"] for one in references]


def test_what_the_profile_demands() -> None:
    graph = crate(ended("pass"))
    root, run = graph["./"], graph["#run"]
    assert root["conformsTo"] == {"@id": PROFILE}
    assert graph[PROFILE]["version"] == "0.5"
    assert run["@type"] == "CreateAction"
    assert graph[run["instrument"]["@id"]]["@type"] == "SoftwareApplication"
    assert "#run" in ids(root["mentions"])
    assert run["startTime"] == run["endTime"] == "2026-01-02T03:04:05.000+00:00"
    assert graph[run["agent"]["@id"]]["@type"] == "Person"
    [variable] = ids(run["environment"])
    assert graph[variable]["@type"] == "PropertyValue"
    assert (graph[variable]["name"], graph[variable]["value"]) == ("TESTBED_CLUSTER", "none")


def test_every_reference_leads_to_an_entity() -> None:
    graph = crate(ended("pass", "fail"))
    outside = {"https://w3id.org/ro/crate/1.1"}
    assert {one for entity in graph.values() for one in references(entity)} - outside <= set(graph)


def references(value: object) -> list[str]:
    if isinstance(value, list):
        return [found for one in value for found in references(one)]
    if isinstance(value, dict):
        own = [value["@id"]] if set(value) == {"@id"} else []
        return own + [found for one in value.values() for found in references(one)]
    return []


def test_files_are_inputs_or_results_of_the_run_and_of_their_scenario() -> None:
    graph = crate(ended("pass", "pass"))
    listed = ["command.txt", "smoke/a%20path.json", "te-bgp/result.json"]
    assert ids(graph["./"]["hasPart"]) == listed
    assert ids(graph["#run"]["object"]) == ["command.txt"]
    assert ids(graph["#run"]["result"]) == ["smoke/a%20path.json", "te-bgp/result.json"]
    assert ids(graph["#run-smoke"]["result"]) == ["smoke/a%20path.json"]
    assert graph["smoke/a%20path.json"]["sha256"] == "b" * 64


@pytest.mark.parametrize(
    ("run", "status", "error"),
    [
        (ended("pass", "not applicable"), COMPLETED, None),
        (ended("pass", "fail"), FAILED, "1 of 2 did not pass: te-bgp"),
        (record(), FAILED, "it is running still, or was killed"),
        (record(state="interrupted", error="Interrupted"), FAILED, "broken off: Interrupted"),
    ],
)
def test_the_status_of_the_run(run: RunRecord, status: str, error: str | None) -> None:
    action = crate(run)["#run"]
    assert action["actionStatus"] == status
    assert error in action["error"] if error else "error" not in action


def test_the_status_of_each_scenario() -> None:
    graph = crate(ended("pass", "error"))
    assert graph["#run-smoke"]["actionStatus"] == COMPLETED
    assert graph["#run-te-bgp"]["actionStatus"] == FAILED
    assert graph["#run-te-bgp"]["error"] == "error"


def test_rounds_of_one_scenario_share_its_description() -> None:
    rounds = tuple(outcome("smoke", directory=f"smoke.{n}") for n in (1, 2))
    described = describe(record(outcomes=rounds), FILES)["@graph"]
    assert isinstance(described, list)
    assert len({entity["@id"] for entity in described}) == len(described)
    assert {"#run-smoke.1", "#run-smoke.2"} <= {entity["@id"] for entity in described}


def test_it_is_read_as_it_was_written() -> None:
    run = ended("pass", "fail")
    assert parse(json.dumps(describe(run, FILES)), "x") == Crate(run, FILES)


def test_a_record_of_an_older_testbed_is_read() -> None:
    """A field that is not there yet has its default."""
    graph = describe(record(), FILES)
    text = json.dumps(graph).replace(r"\"options\":{},", "").replace(r"\"seeds\":{},", "")
    assert text != json.dumps(graph)
    assert parse(text, "x").record == record()


def test_one_of_a_newer_testbed_is_refused() -> None:
    text = json.dumps(describe(record(schema_version=7), FILES))
    with pytest.raises(TestbedError, match="schema version 7"):
        parse(text, "x")


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a\\b", "..", "%2e%2e/x", "a/%2E%2E/x"],
)
def test_a_path_that_leaves_the_crate_is_refused(path: str) -> None:
    text = json.dumps(describe(record(), FILES)).replace("command.txt", path.replace("\\", "\\\\"))
    with pytest.raises(TestbedError, match="no path inside the crate"):
        parse(text, "x")


def test_a_file_that_is_listed_twice_is_refused() -> None:
    data: Any = describe(record(), FILES)
    data["@graph"].append({**data["@graph"][-1], "sha256": "d" * 64})
    with pytest.raises(TestbedError) as refused:
        parse(json.dumps(data), "x")
    assert "te-bgp/result.json is listed twice" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "an object is expected"),
        ("{}", "@graph"),
        ('{"@graph": [1]}', "an object is expected"),
        ('{"@graph": []}', "no record"),
        ('{"@graph": [{"@type": "File", "@id": "a", "contentSize": "1"}]}', "sha256"),
        ('{"@graph": [{"@type": "File", "@id": "a", "sha256": "1"}]}', "no SHA-256"),
        ('{"@graph": [{"@id": "#record", "value": "{"}]}', "Expecting"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_what_is_no_crate_is_said(text: str, why: str) -> None:
    with pytest.raises(TestbedError) as refused:
        parse(text, "x")
    assert why in (refused.value.why or "")


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "a b"])
def test_a_run_whose_name_is_no_directorys_is_refused(name: str) -> None:
    text = json.dumps(describe(record("NAME"), FILES)).replace("NAME", name)
    with pytest.raises(TestbedError, match="not the record of a run"):
        parse(text, "x")
