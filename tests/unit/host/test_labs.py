"""What the host keeps of a lab: names, the record of its init, removal by name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.errors import TestbedError
from testbed.host.lab_init_main import netns_inode, start_time
from testbed.host.labs import LabDir, lab_dir


@pytest.fixture
def lab(tmp_path: Path) -> LabDir:
    lab = LabDir("mine", tmp_path / "labs")
    lab.path.mkdir(parents=True)
    return lab


def record(lab: LabDir, value: object) -> None:
    (lab.path / "init.json").write_text(json.dumps(value))


def own() -> dict[str, int]:
    pid = os.getpid()
    return {"pid": pid, "started": start_time(pid), "netns": netns_inode(pid)}


def test_a_living_init_is_found_by_its_record(lab: LabDir) -> None:
    assert lab.init_pid() is None
    record(lab, own())
    assert lab.init_pid() == os.getpid()


@pytest.mark.parametrize("key", ["started", "netns"])
def test_a_pid_that_was_given_to_another_is_not_the_init(lab: LabDir, key: str) -> None:
    record(lab, {**own(), key: own()[key] + 1})
    assert lab.init_pid() is None
    lab.end_init()  # does nothing to us


def test_a_pid_that_is_nobody_is_not_the_init(lab: LabDir) -> None:
    record(lab, {**own(), "pid": 2**22 + 1})
    assert lab.init_pid() is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    st.one_of(
        st.binary(),
        JSON.map(lambda value: json.dumps(value).encode()),
        st.fixed_dictionaries({"pid": JSON, "started": JSON, "netns": JSON}).map(
            lambda value: json.dumps(value).encode()
        ),
    )
)
def test_no_record_can_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    lab = LabDir("x", tmp_path_factory.getbasetemp())
    lab.path.mkdir(exist_ok=True)
    (lab.path / "init.json").write_bytes(content)
    assert lab.init_pid() is None


def test_remove_takes_the_labs_own_files_and_no_others(lab: LabDir) -> None:
    for name in ("plan.json", "init.json", "init.log", ".plan.json.77"):
        (lab.path / name).write_text("")
    (lab.path / "letter.txt").write_text("from the user")
    with pytest.raises(TestbedError, match=r"letter\.txt") as refused:
        lab.remove()
    assert f"rm -r {lab.path}" in str(refused.value)
    assert [p.name for p in lab.path.iterdir()] == ["letter.txt"]


def test_the_last_lab_takes_the_directory_of_labs_with_it(lab: LabDir) -> None:
    other = LabDir("other", lab.root)
    other.path.mkdir()
    lab.remove()
    assert other.path.is_dir()
    other.remove()
    assert not lab.root.exists()


@given(st.text(max_size=50))
def test_names_are_dns_labels_or_refused(name: str) -> None:
    try:
        lab = lab_dir(name)
    except TestbedError as error:
        assert error.exit_code == 2
        return
    assert lab.path.parent == LabDir("x").root
    assert lab.path.name == name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(name) <= 40


@pytest.mark.parametrize("name", ["a", "a1", "my-lab", "x" * 40, "0"])
def test_good_names(name: str) -> None:
    assert lab_dir(name).name == name
