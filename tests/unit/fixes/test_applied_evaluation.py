"""What is said of cases that are not there, and of damaged samples: the fix is done, and helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.cases import BY_ID
from testbed.evaluate.run.alone import alone
from testbed.evaluate.run.ends import Ends
from testbed.evaluate.run.steering import refuse_longer
from testbed.evaluate.selector import select
from testbed.evaluate.settings import FILE, Settings, keep
from tests.shipped_plans import shipped_plan
from tests.unit.evaluate.samples import sample
from tests.unit.fixes.applied import is_printed_by, suggested

SELECTOR = "testbed/evaluate/selector.py: "

# A fix of the selector → words that are refused, and what the fix makes of them.
WORDS: dict[str, tuple[str, Callable[[str], str]]] = {
    SELECTOR + "did you mean {_PAIR_OF[near[0]]}?": ("vxlna", suggested),
    SELECTOR + "did you mean {by_lower[near[0]]}?": (
        "overlay=srv7",
        lambda fix: f"overlay={suggested(fix)}",
    ),
    SELECTOR + "a glob has to match a whole id, such as {CASES[0].id}": (
        "*.geneve.*",
        lambda fix: fix.split()[-1],
    ),
    SELECTOR + "the keys are {', '.join(KEYS)}": (
        "colour=udp",
        lambda fix: f"{fix.removeprefix('the keys are ').split(', ')[1]}=udp",
    ),
    SELECTOR + "{key} is one of {', '.join(VALUES[key])}": (
        "family=5",
        lambda fix: f"family={fix.split()[-1]}",
    ),
    SELECTOR + "give KEY=VALUE or a glob before, between and after commas": (
        "overlay=srv6,",
        lambda _: "overlay=srv6,*.udp.*",
    ),
    SELECTOR + "leave out {_written(key, chosen)}": (
        "segments=1,overlay=vxlan",
        lambda fix: "segments=1,overlay=vxlan".replace(fix.split()[-1] + ",", ""),
    ),
    SELECTOR + "give {_written(next(iter(chosen)), chosen)} alone": (
        "overlay=vxlan,segments=1,segments=2,placement=same-node",
        lambda fix: fix.split()[1],
    ),
}


@pytest.mark.parametrize("key", WORDS)
def test_words_for_cases(key: str) -> None:
    wrong, follow = WORDS[key]
    with pytest.raises(TestbedError) as refused:
        select(wrong)
    assert is_printed_by(key, refused.value.fix)
    right = follow(refused.value.fix or "")
    assert right != wrong
    assert select(right)


def test_a_line_that_is_no_sample(tmp_path: Path) -> None:
    key = (
        "testbed/evaluate/store.py: the file was changed by hand: take the run's own, "
        "or take out this line"
    )
    file = tmp_path / "samples.jsonl"
    store.append(file, sample(block=1))
    with file.open("a") as stream:
        stream.write('{"case": "a"}\n')
    store.append(file, sample(block=3))
    with pytest.raises(TestbedError) as refused:
        store.read(file)
    assert is_printed_by(key, refused.value.fix)
    number = int((refused.value.where or "").rpartition(":")[2])
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[: number - 1] + lines[number:]))
    assert [read.block for read in store.read(file).samples] == [1, 3]


def test_a_store_that_is_a_directory(tmp_path: Path) -> None:
    key = "testbed/evaluate/store.py: give the samples.jsonl of a run, as a user who may read it"
    store.append(tmp_path / "samples.jsonl", sample())
    with pytest.raises(TestbedError) as refused:
        store.read(tmp_path)
    assert is_printed_by(key, refused.value.fix)
    name = (refused.value.fix or "").split()[2]
    assert store.read(tmp_path / name).samples == (sample(),)


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    key = (
        "testbed/evaluate/store.py: free space there, or make it writable; "
        "the same command then goes on where it was"
    )
    directory = tmp_path / "run"
    with pytest.raises(TestbedError) as refused:
        store.append(directory / "samples.jsonl", sample())
    assert is_printed_by(key, refused.value.fix)
    directory.mkdir()
    store.append(directory / "samples.jsonl", sample())
    assert store.read(directory / "samples.jsonl").samples == (sample(),)


SETTINGS = Settings(
    topology="full",
    nodes="namespace",
    cases=("a",),
    repeats=3,
    seconds=1,
    seed=1,
    commit="",
    machine="2 × CPU",
)


def test_a_directory_of_another_evaluation(tmp_path: Path) -> None:
    key = "testbed/evaluate/settings.py: --out with another directory, or the same options to go on"
    assert not keep(tmp_path, SETTINGS)
    with pytest.raises(TestbedError) as refused:
        keep(tmp_path, SETTINGS.model_copy(update={"seed": 2, "cases": ("b",)}))
    assert is_printed_by(key, refused.value.fix)
    assert refused.value.why == "seed: 1 then, 2 now; cases: 1 then, 1 now, not the same"
    (tmp_path / "other").mkdir()
    assert not keep(tmp_path / "other", SETTINGS.model_copy(update={"seed": 2}))
    assert keep(tmp_path, SETTINGS)


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    key = "testbed/evaluate/settings.py: --out with another directory"
    (tmp_path / FILE).write_text('{"seed": "none"}')
    with pytest.raises(TestbedError) as refused:
        keep(tmp_path, SETTINGS)
    assert is_printed_by(key, refused.value.fix)
    (tmp_path / "other").mkdir()
    assert not keep(tmp_path / "other", SETTINGS)


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    key = "testbed/evaluate/settings.py: --out with a directory where files can be written"
    with pytest.raises(TestbedError) as refused:
        keep(tmp_path / "missing", SETTINGS)
    assert is_printed_by(key, refused.value.fix)
    assert not keep(tmp_path, SETTINGS)


def test_another_evaluation(tmp_path: Path) -> None:
    key = (
        "testbed/evaluate/run/alone.py: "
        "wait for its end, or -n NAME for another lab with --out for a directory"
    )
    lab, out = tmp_path / "lab", tmp_path / "out"
    with alone(out, lab):
        for directory, lock in ((tmp_path / "new", lab), (out, tmp_path / "another")):
            with pytest.raises(TestbedError) as refused, alone(directory, lock):
                pass
            assert is_printed_by(key, refused.value.fix)
        with alone(tmp_path / "new", tmp_path / "another"):
            pass
    with alone(out, lab):
        pass


def test_more_segments_than_packets_have_room_for() -> None:
    key = (
        "testbed/evaluate/run/steering.py: {','.join((f'segments={n}' for n in range(room + 1)))}"
        " among the words; or a topology with max_segments = {asked}"
    )
    plan = shipped_plan("full")
    with pytest.raises(TestbedError) as refused:
        refuse_longer(plan, select("protocol=tcp,mtu=own"))
    assert is_printed_by(key, refused.value.fix)
    words = (refused.value.fix or "").split()[0]
    refuse_longer(plan, select(f"protocol=tcp,mtu=own,{words}"))
    refuse_longer(plan.model_copy(update={"max_segments": 6}), select("protocol=tcp,mtu=own"))


def test_a_family_that_pods_do_not_have() -> None:
    key = "testbed/evaluate/run/ends.py: --cases family={10 - case.family}"
    ends = Ends(
        ("a", "b"), {4: ip_address("192.0.2.1")}, {}, None, 1284, lambda *_: "", lambda _: ""
    )
    case = BY_ID["pod-to-pod.tcp.ipv6.across.vxlan.1stream"]
    with pytest.raises(TestbedError) as refused:
        ends.target(case)
    assert is_printed_by(key, refused.value.fix)
    (family,) = {c.family for c in select(suggested_words(refused.value.fix))}
    assert str(ends.target(replace(case, family=family))) == "192.0.2.1"


def suggested_words(fix: str | None) -> str:
    return (fix or "").removeprefix("--cases ")
