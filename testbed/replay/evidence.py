"""What the crate of a run holds, read for a comparison."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.sample import Sample
from testbed.json_types import JsonObject, as_object
from testbed.records.archive import read_crate
from testbed.records.crate import METADATA, Crate
from testbed.records.digests import differing
from testbed.records.inputs import INPUTS
from testbed.records.record import RunRecord
from testbed.records.store import StoredRun
from testbed.scenario.run.result import ScenarioResult, read_result

SAMPLES = "samples.jsonl"
PATCH = "source.patch"


@dataclass(frozen=True)
class Evidence:
    """One run. What was not recorded, or is gone, is empty.

    `plans` and `sysctls` are of labs, by a path of the crate; `inputs`: path → SHA-256.
    """

    record: RunRecord
    environment: JsonObject = field(default_factory=dict)
    artefacts: Sequence[JsonObject] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    patch: str = ""
    plans: Mapping[str, JsonObject] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)
    results: Sequence[ScenarioResult] = ()
    samples: Sequence[Sample] = ()


def read_evidence(run: StoredRun, even_so: bool = False) -> Evidence:
    """Of a run whose evidence was pruned, or that has no crate, the record alone.

    `even_so`: also of a crate whose files are not as they were recorded. Raises TestbedError.
    """
    if not run.has_evidence or not (run.path / METADATA).exists():
        return Evidence(run.record)
    return evidence_in(run.path, intact_crate(run, even_so))


def intact_crate(run: StoredRun, even_so: bool = False) -> Crate:
    """The run's crate, all of whose files are as they were recorded. Raises TestbedError."""
    crate = read_crate(run)
    wrong = differing(run.path, crate)
    if wrong and not even_so:
        more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise TestbedError(
            f"run {run.name} is not as it was recorded",
            where=str(run.path),
            why="; ".join(wrong[:3]) + more,
            fix="testbed runs import FILE, of an intact one; or --even-so takes it as it stands",
        )
    return crate


def evidence_in(directory: Path, crate: Crate) -> Evidence:
    """What a crate's files say; the files that it does not list are not looked at."""
    digests = {file.path: file.sha256 for file in crate.files}
    paths = [path for path in digests if path.count("/") <= 4]
    return Evidence(
        record=crate.record,
        environment=_read_object(directory, "environment.json", digests),
        artefacts=_read_list(directory, "artefacts.json", digests),
        inputs={path: digest for path, digest in digests.items() if path.startswith(f"{INPUTS}/")},
        patch=digests.get(PATCH, ""),
        plans={
            path: found
            for path in paths
            if path == "plan.json" or path.endswith("/rendered/plan.json")
            if (found := _read_object(directory, path, digests))
        },
        sysctls=_read_sysctls(directory, paths),
        results=tuple(_results(directory, paths)),
        samples=_samples(directory) if SAMPLES in digests else (),
    )


def _read(directory: Path, path: str, listed: Mapping[str, str]) -> object:
    """The JSON of a file that the crate lists; None where there is none."""
    if path not in listed:
        return None
    try:
        found: object = json.loads((directory / path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found


def _read_object(directory: Path, path: str, listed: Mapping[str, str]) -> JsonObject:
    found = _read(directory, path, listed)
    return as_object(found) if isinstance(found, dict) else {}


def _read_list(directory: Path, path: str, listed: Mapping[str, str]) -> list[JsonObject]:
    found = _read(directory, path, listed)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _read_sysctls(directory: Path, paths: Iterable[str]) -> dict[str, str]:
    """`te-bgp/observed/worker1: net.ipv4.tcp_mem` → value."""
    found = {}
    for path in paths:
        if not path.endswith("/sysctls.txt"):
            continue
        with suppress(OSError, ValueError):
            for line in (directory / path).read_text().splitlines():
                name, is_pair, value = line.partition(" = ")
                if is_pair:
                    found[f"{path.removesuffix('/sysctls.txt')}: {name}"] = value.strip()
    return found


def _results(directory: Path, paths: Iterable[str]) -> Iterable[ScenarioResult]:
    for path in sorted(paths):
        if path.count("/") == 1 and path.endswith("/result.json"):
            with suppress(TestbedError):  # an older one: its verdict is in the record
                yield read_result(directory / path)


def _samples(directory: Path) -> tuple[Sample, ...]:
    """Raises TestbedError for samples that a newer testbed wrote."""
    return store.read(directory / SAMPLES).samples
