"""What a run reads is kept: scenario, policies that it names, topology with what that imports."""

from __future__ import annotations

from pathlib import Path

from testbed.paths import POLICIES, SCENARIOS, TOPOLOGIES
from testbed.records.inputs import keep_files, named_files, with_imported


def test_a_topology_is_kept_with_what_it_imports() -> None:
    assert {file.name for file in with_imported(TOPOLOGIES / "basic.py")} == {
        *("basic.py", "full.py", "backbone.py"),
    }


def test_files_that_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import b, os\n")
    (tmp_path / "b.py").write_text("from a import x\n")
    assert {file.name for file in with_imported(tmp_path / "a.py")} == {"a.py", "b.py"}


def test_a_file_that_is_no_python(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class\n")
    assert {file.name for file in with_imported(tmp_path / "a.py")} == {"a.py"}


def test_policies_are_those_that_a_scenario_names() -> None:
    assert {file.name for file in named_files(SCENARIOS / "priority.py", POLICIES)} == {
        "priority-invalid.yaml",
        "priority-preference-50.yaml",
        "priority-preference-200.yaml",
        "priority-preference-200-higher-discriminator.yaml",
    }


def test_a_file_that_lies_there_already_stays(tmp_path: Path) -> None:
    keep_files({POLICIES / "all-paths.yaml"}, tmp_path, "inputs/policies")
    kept = tmp_path / "inputs/policies/all-paths.yaml"
    keep_files({kept}, tmp_path, "inputs/policies")
    assert kept.read_bytes() == (POLICIES / "all-paths.yaml").read_bytes()
