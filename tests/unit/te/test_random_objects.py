"""Random objects: refused with a line, or read by agents with no word that `apply` kept back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from ruamel.yaml import YAML

from testbed.agent.model import selector
from testbed.agent.model.read_objects import read
from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.te.lint.findings import Finding, LintFailed
from testbed.te.load import load_objects
from tests.documents import Document
from tests.fuzz import bounded
from tests.object_strategies import objects


def judged(plan: Plan, file: Path, document: Document) -> tuple[list[Document], list[Finding]]:
    """What `testbed apply` takes of a file with this object, and its warnings."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    with file.open("w") as stream:
        yaml.dump(document, stream)
    return load_objects(plan, file, selected=selected)


def selected(text: str) -> list[str]:
    """Who is selected does not matter here, the grammar does."""
    selector.parse(text)
    return ["worker1"]


@bounded(300, share=41)
@given(document=objects())
def test_what_is_taken_is_read_and_what_is_not_done_is_said(
    full: Plan, tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    file = tmp_path_factory.getbasetemp() / "object.yaml"
    try:
        taken, warnings = judged(full, file, document)
    except LintFailed as refused:
        assert all(f.where.startswith("object.yaml:") for f in refused.findings)
        return
    except TestbedError as refused:
        assert str(refused.where).startswith("object.yaml:")
        return
    found = read([("object.yaml", item) for item in taken])
    assert not [p for p in found.problems if "not used" in p], found.problems
    told = "\n".join(str(warning) for warning in warnings)
    for problem in found.problems:
        said = problem.partition(f"{document['metadata']['name']}: ")[2].partition(". ")[0]
        assert said in told or said.startswith("not read"), (problem, told)
    if document["kind"] == "IPPool":
        assert [pool.name for pool in found.pools] == [document["metadata"]["name"]]
    if document["kind"] == "BGPPeer":
        assert [peer.name for peer in found.peers] == [document["metadata"]["name"]]
