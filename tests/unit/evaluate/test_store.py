"""Samples on the disk: written one by one, read after a kill, of other versions, and damaged."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.sample import Disturbance, RoundTrips, Sample, Values
from tests.unit.evaluate.samples import sample, series

FULL = sample().model_copy(
    update={
        "values": Values(
            throughput_bps=11.7e9,
            retransmits=12,
            loss=0.004,
            jitter_s=1.5e-5,
            packets_per_s=250_000,
            rtt_idle_s=2e-4,
            rtt_load_s=9e-4,
            cpu_s_per_gb={"worker1": 0.4, "worker2": 0.5},
            memory_bytes={"worker1": 180_000_000},
            wire_packets=1_000_000,
            wire_bytes=1_400_000_000,
            payload_bytes=1_300_000_000,
            rtt_idle=RoundTrips(
                sent=50, lost=0.02, min_s=1e-4, p50_s=2e-4, p90_s=3e-4, p99_s=4e-4, max_s=5e-4
            ),
            cpu_s={"worker1": 1.5},
            softirq_s={"worker1": 0.7},
            mtu=1284,
        ),
        "disturbance": Disturbance(steal=0.04, throttled=3, clock_jump_s=2),
        "marks": ("steal of 4 %", "clock set back by 2 s"),
    }
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "samples.jsonl"


def test_what_was_written_is_read(file: Path) -> None:
    samples = (FULL, *series("b", [1e9, None, 0]))
    for one in samples:
        store.append(file, one)
    assert store.read(file) == store.Stored(samples)
    assert len(file.read_bytes().splitlines()) == 4


def test_a_run_that_has_not_begun_has_no_samples(file: Path) -> None:
    assert store.read(file) == store.Stored()
    file.touch()
    assert store.read(file) == store.Stored()


@pytest.mark.parametrize("kept", range(1, 400, 7))
def test_a_writer_killed_in_a_line_loses_this_line_only(file: Path, kept: int) -> None:
    whole, cut, after = series("a", [1e9, 2e9, 3e9])
    store.append(file, whole)
    half = cut.model_dump_json().encode()[:-1][:kept]
    with file.open("ab") as stream:
        stream.write(half)
    note = f"{file}:2: left out, half written: its writer was stopped"
    assert store.read(file) == store.Stored((whole,), (note,))
    store.append(file, after)
    assert store.read(file) == store.Stored((whole, after), (note,))


def test_a_line_that_lacks_but_its_end_is_a_sample(file: Path) -> None:
    first, second = series("a", [1e9, 2e9])
    file.write_text(first.model_dump_json())
    assert store.read(file) == store.Stored((first,))
    store.append(file, second)
    assert store.read(file) == store.Stored((first, second))


def test_a_line_cut_within_a_character(file: Path) -> None:
    data = sample("ä").model_dump_json().encode()
    at = data.index("ä".encode()) + 1
    file.write_bytes(data[:at])
    assert store.read(file).samples == ()
    assert len(store.read(file).notes) == 1


def test_a_newer_version_is_refused(file: Path) -> None:
    store.append(file, sample())
    newer = json.loads(sample().model_dump_json()) | {"schema_version": 3, "colour": "red"}
    with file.open("a") as stream:
        stream.write(json.dumps(newer) + "\n")
    with pytest.raises(TestbedError, match="schema version 3, this testbed reads up to 2") as error:
        store.read(file)
    assert error.value.where == f"{file}:2"


def test_an_older_version_is_read(file: Path) -> None:
    """A line of version 1 has these fields; they will be read for ever."""
    line = (
        '{"schema_version": 1, "case": "a", "block": 1, "position": 4, "kind": "measured", '
        '"started": "2026-11-26T12:00:00Z", "seconds": 3.5, "values": {"loss": 0.1}, "path": "ok"}'
    )
    file.write_text(line)
    (read,) = store.read(file).samples
    assert (read.schema_version, read.values.loss, read.marks) == (1, 0.1, ())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema_version": 0}, "schema_version: "),
        ({"schema_version": "new"}, "schema_version: "),
        ({"block": -1}, "block: "),
        ({"kind": "cold"}, "kind: "),
        ({"started": "2026-11-26T12:00:00"}, "started: "),  # of no time zone
        ({"values": {"loss": 1.5}}, "values.loss: "),
        ({"values": {"throughput": 3}}, "values.throughput: "),
        ({"more": 1}, "more: "),
    ],
)
def test_a_line_that_is_no_sample_is_named(file: Path, change: object, why: str) -> None:
    assert isinstance(change, dict)
    file.write_text(json.dumps(json.loads(sample().model_dump_json()) | change) + "\n")
    with pytest.raises(TestbedError, match="not a sample") as error:
        store.read(file)
    assert error.value.where == f"{file}:1"
    assert (error.value.why or "").startswith(why)


@pytest.mark.parametrize("line", ["[]", "3", '"text"', "null"])
def test_a_line_that_is_no_object_is_named(file: Path, line: str) -> None:
    file.write_text(line + "\n")
    with pytest.raises(TestbedError, match="not a sample"):
        store.read(file)


def test_a_line_of_endless_brackets_is_half_written(file: Path) -> None:
    file.write_text("[" * 100_000)
    assert len(store.read(file).notes) == 1


def test_a_full_disk_is_named_and_what_was_stored_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(file, sample())

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TestbedError, match="could not be stored") as error:
        store.append(file, sample(block=2))
    assert (error.value.where, error.value.why) == (str(file), "No space left on device")
    assert store.read(file).samples[0] == sample()


def test_a_directory_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="cannot be read"):
        store.read(tmp_path)
    with pytest.raises(TestbedError, match="could not be stored"):
        store.append(tmp_path, sample())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1])
def test_a_value_that_is_no_number_is_refused_when_it_is_made(value: float) -> None:
    """It would be written as null, which is "not measured"."""
    with pytest.raises(ValidationError):
        Values(throughput_bps=value)
    with pytest.raises(ValidationError):
        Values(cpu_s_per_gb={"worker1": value})


def test_a_sample_is_frozen() -> None:
    with pytest.raises(ValidationError):
        sample().block = 3
    assert isinstance(FULL, Sample)
