"""`testbed render`: which command it means, and who can read what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest
from typer.testing import CliRunner, Result

from testbed.cli import render as group
from testbed.orchestrators.kubernetes import api, dry_run, vpp_check
from testbed.orchestrators.kubernetes.dry_run import Verdict
from testbed.plan.traits import ORCHESTRATORS


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(group.app, list(arguments))


@pytest.mark.parametrize("words", [["basic"], ["lab", "basic"]])
def test_a_topology_alone_means_the_labs_files(words: list[str], tmp_path: Path) -> None:
    done = invoke(*words, "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "nodes/r1/isisd.conf").exists()


def test_options_may_come_first(tmp_path: Path) -> None:
    assert invoke("--out", str(tmp_path), "basic").exit_code == 0
    assert (tmp_path / "plan.json").exists()


def test_help_names_the_three() -> None:
    said = invoke("--help").output
    assert all(word in said for word in ("lab", "kubeadm", "calico-vpp"))


def test_secrets_are_for_the_caller_alone(tmp_path: Path) -> None:
    assert invoke("kubeadm", "basic", "--out", str(tmp_path)).exit_code == 0
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) == 6
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_uplink_is_the_users_word(tmp_path: Path) -> None:
    done = invoke("calico-vpp", "basic", "--uplink", "ens4", "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert '"interfaceName": "ens4"' in (tmp_path / "31-config.yaml").read_text()


@pytest.mark.parametrize(("state", "code"), [("accepted", 0), ("unchecked", 0), ("refused", 1)])
def test_a_check_fails_if_something_is_refused(
    state: Literal["accepted", "unchecked", "refused"],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(group, "need_root", lambda: None)
    monkeypatch.setattr(
        group, "enter", lambda _: SimpleNamespace(orchestrator_traits=ORCHESTRATORS["kubernetes"])
    )
    monkeypatch.setattr(api, "connect", lambda _: None)
    monkeypatch.setattr(vpp_check, "judge", lambda n: Verdict(n.name, "unchecked", "no vpp"))
    monkeypatch.setattr(dry_run, "judge", lambda *_: [Verdict("object", state, "why")])
    done = invoke("calico-vpp", "basic", "--check", "-f", "json")
    assert done.exit_code == code, done.output
    assert [v["state"] for v in json.loads(done.stdout)] == [state, *["unchecked"] * 3]
    assert list(tmp_path.iterdir()) == [], "a check writes nothing"
