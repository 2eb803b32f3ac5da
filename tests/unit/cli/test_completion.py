"""Completion: what TAB offers, from what everybody may read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.cli import completion
from testbed.host import labs
from tests.shipped_plans import shipped_plan

TESTBED = Path(sys.executable).with_name("testbed")


def offered(*words: str) -> list[str]:
    """What bash is offered for the last of the words."""
    environment = {
        **os.environ,
        "_TESTBED_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["testbed", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [TESTBED], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert not done.stderr
    return done.stdout.split()


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lab's record on the host, seen by somebody who is not root."""
    monkeypatch.setattr(labs, "LABS", tmp_path)
    monkeypatch.setattr(labs.LabDir.__init__, "__defaults__", (tmp_path,))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    record = labs.lab_dir("mine")
    record.path.mkdir(mode=0o711)
    record.plan_file.write_text(shipped_plan("full").model_dump_json())
    return "mine"


def test_labs_nodes_and_interfaces_need_no_root(lab: str) -> None:
    assert list(completion.labs("")) == [lab]
    assert {"r3", "master", "gobgp"} <= set(completion.nodes(lab))
    assert {"r3-r4", "r4-r3"} <= set(completion.interfaces(lab))


def test_what_only_root_may_read_is_not_asked_for(lab: str) -> None:
    assert completion.pods(lab) == completion.programs(lab) == completion.policies(lab) == []


def test_a_lab_that_is_not_there_offers_nothing() -> None:
    assert offered("exec", "-n", "nobodys-lab", "r") == []


def test_scenarios_and_topologies_are_offered_by_their_beginning() -> None:
    assert offered("run", "te-") == [
        *("te-bandwidth", "te-bgp", "te-configmap", "te-detour", "te-disjoint"),
        *("te-engine-restart", "te-intents", "te-whatif"),
    ]
    assert offered("validate", "fu") == ["full"]
