"""A record as a Process Run Crate 0.5: ro-crate-metadata.json, made and read; pure.

The profile: https://w3id.org/ro/wfrun/process/0.5. One action stands for the run, one for each
scenario of it. An action that did not end well has FailedActionStatus and an error. The record
itself is in the same file, so that no moment has one without the other.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from testbed.errors import TestbedError
from testbed.json_types import JsonObject, as_object, get_objects, get_text
from testbed.records.record import Outcome, RunRecord, parse_record

METADATA = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CRATE = "https://w3id.org/ro/crate/1.1"
_PAPER = "https://arxiv.org/abs/2301.01178"
_LICENSE = "https://spdx.org/licenses/Apache-2.0"
_TESTBED = "urn:testbed:program"
_RUN, _CALLER, _RECORD = "#run", "#caller", "#record"
_MEDIA = {
    ".json": "application/json",
    ".txt": "text/plain",
    ".patch": "text/x-diff",
    ".py": "text/x-python",
    ".yaml": "application/yaml",
    ".log": "text/plain",
}
# With a number where the run went on after an interruption.
_INPUT = re.compile(
    r"(environment|artefacts)(-\d+)?\.json|source(-\d+)?\.patch|command\.txt|(lab|plan)\.json"
    r"|inputs/.*"
)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class CrateFile:
    """A file of a crate: its path below the crate, with slashes, its length and SHA-256."""

    path: str
    size: int
    sha256: str


def describe(record: RunRecord, files: Sequence[CrateFile]) -> JsonObject:
    """The content of ro-crate-metadata.json."""
    actions = [_RUN, *(_action_id(outcome) for outcome in record.outcomes)]
    graph: list[JsonObject] = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": {"@id": CRATE},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"Run {record.run} of the SRv6 testbed",
            "description": _sentence(record),
            "datePublished": _time(record.ended or record.started),
            "license": {"@id": _LICENSE},
            "author": {"@id": _CALLER},
            "conformsTo": {"@id": PROFILE},
            **({"isBasedOn": {"@id": _replayed(record)}} if record.replays else {}),
            "hasPart": _references(_id(file.path) for file in files),
            "mentions": _references([*actions, _RECORD]),
        },
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": _LICENSE, "@type": "CreativeWork", "name": "Apache-2.0", "description": _LICENSE},
        _software(record),
        {"@id": _CALLER, "@type": "Person", "name": record.caller or "unknown"},
        {
            "@id": _RECORD,
            "@type": "PropertyValue",
            "name": "record",
            "value": record.model_dump_json(),
        },
        _run_action(record, files),
        *_variables(record),
    ]
    if record.replays:
        graph.append(
            {"@id": _replayed(record), "@type": "Dataset", "name": f"Run {record.replays}"}
        )
    for outcome in record.outcomes:
        graph += [_scenario(outcome), _scenario_action(outcome, files)]
    graph += [_file(file) for file in files]
    return {
        "@context": [f"{CRATE}/context", "https://w3id.org/ro/terms/workflow-run/context"],
        "@graph": _once(graph),
    }


def _sentence(record: RunRecord) -> str:
    names = ", ".join(dict.fromkeys(outcome.name for outcome in record.outcomes))
    return f"{record.kind} run by `{' '.join(record.command)}`: {names or 'nothing has ended yet'}"


def _software(record: RunRecord) -> JsonObject:
    commit = f"commit {record.commit}" if record.commit else "its commit is not known"
    return {
        "@id": _TESTBED,
        "@type": "SoftwareApplication",
        "name": "SRv6 testbed",
        "url": _PAPER,
        "softwareVersion": record.version or "unknown",
        "description": commit + (", changed by source.patch" if record.changed else ""),
    }


def _run_action(record: RunRecord, files: Sequence[CrateFile]) -> JsonObject:
    inputs = [file.path for file in files if _is_input(file.path)]
    results = [file.path for file in files if not _is_input(file.path)]
    ended = {"endTime": _time(record.ended)} if record.ended else {}
    return {
        "@id": _RUN,
        "@type": "CreateAction",
        "name": f"testbed {record.kind} {record.run}",
        "description": " ".join(record.command),
        "instrument": {"@id": _TESTBED},
        "agent": {"@id": _CALLER},
        "startTime": _time(record.started),
        **ended,
        "object": _references(map(_id, inputs)),
        "result": _references(map(_id, results)),
        "environment": _references(f"#environment-{name}" for name in record.environment),
        **_status(record.failure),
    }


def _replayed(record: RunRecord) -> str:
    """The run that this one repeats."""
    return f"urn:testbed:run:{quote(record.replays)}"


def _variables(record: RunRecord) -> list[JsonObject]:
    return [
        {"@id": f"#environment-{name}", "@type": "PropertyValue", "name": name, "value": value}
        for name, value in record.environment.items()
    ]


def _scenario(outcome: Outcome) -> JsonObject:
    return {
        "@id": f"urn:testbed:scenario:{quote(outcome.name)}",
        "@type": "SoftwareApplication",
        "name": outcome.name,
        "url": _PAPER,
        "softwareVersion": "that of the testbed",
        "description": f"tests {' '.join(outcome.claims) or 'no claim'}",
    }


def _scenario_action(outcome: Outcome, files: Sequence[CrateFile]) -> JsonObject:
    results = [f.path for f in files if f.path.startswith(f"{outcome.directory}/")]
    ended = {"endTime": _time(outcome.ended)} if outcome.ended else {}
    failure = (outcome.failure or outcome.verdict) if outcome.is_wrong else None
    said = f"{outcome.verdict}, {outcome.checks} checks"
    return {
        "@id": _action_id(outcome),
        "@type": "CreateAction",
        "name": f"scenario {outcome.directory}",
        "description": f"{said}: {outcome.reason}" if outcome.reason else said,
        "instrument": {"@id": f"urn:testbed:scenario:{quote(outcome.name)}"},
        "agent": {"@id": _CALLER},
        **ended,
        "result": _references(map(_id, results)),
        **_status(failure),
    }


def _status(failure: str | None) -> JsonObject:
    if failure is None:
        return {"actionStatus": "http://schema.org/CompletedActionStatus"}
    return {"actionStatus": "http://schema.org/FailedActionStatus", "error": failure}


def _file(file: CrateFile) -> JsonObject:
    suffix = PurePosixPath(file.path).suffix
    return {
        "@id": _id(file.path),
        "@type": "File",
        "name": file.path,
        "contentSize": str(file.size),
        "sha256": file.sha256,
        "encodingFormat": _MEDIA.get(suffix, "application/octet-stream"),
    }


def _is_input(path: str) -> bool:
    return _INPUT.fullmatch(path) is not None


def _id(path: str) -> str:
    """A path as a relative URI."""
    return quote(path)


def _action_id(outcome: Outcome) -> str:
    return f"#run-{quote(outcome.directory)}"


def _references(ids: Iterable[str]) -> list[JsonObject]:
    return [{"@id": one} for one in ids]


def _time(moment: datetime) -> str:
    """As the profile has it: with milliseconds, and +00:00 for UTC."""
    return moment.isoformat(timespec="milliseconds")


def _once(graph: Sequence[JsonObject]) -> list[JsonObject]:
    """An entity per id: several rounds of one scenario share its description."""
    return list({str(entity["@id"]): entity for entity in graph}.values())


@dataclass(frozen=True)
class Crate:
    """What a ro-crate-metadata.json says."""

    record: RunRecord
    files: tuple[CrateFile, ...]


def parse(text: str | bytes, where: str) -> Crate:
    """Read a ro-crate-metadata.json. Raises TestbedError.

    Every path in it is checked: none leaves the crate.
    """
    try:
        graph = get_objects(as_object(json.loads(text)), "@graph")
        files = tuple(_parse_file(one) for one in graph if one.get("@type") == "File")
        content = json.loads(get_text(next(e for e in graph if e.get("@id") == _RECORD), "value"))
    except StopIteration:
        raise _not_a_crate("it has no record of a run", where) from None
    except KeyError as error:
        raise _not_a_crate(f"it has no {error}", where) from None
    except (ValueError, RecursionError) as error:
        raise _not_a_crate(str(error), where) from None
    for file in files:
        refuse_outside(file.path, where)
    paths = Counter(file.path for file in files)
    for path in (path for path, count in paths.items() if count > 1):
        raise altered(f"{path} is listed twice", where)
    return Crate(parse_record(content, where), files)


def _not_a_crate(why: str, where: str) -> TestbedError:
    return TestbedError(
        "not the crate of a run",
        where=where,
        why=why,
        fix="give what `testbed runs export` wrote",
    )


def _parse_file(entity: JsonObject) -> CrateFile:
    path, digest = unquote(get_text(entity, "@id")), get_text(entity, "sha256")
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{path} has no SHA-256")
    return CrateFile(path, int(get_text(entity, "contentSize")), digest)


def refuse_outside(path: str, where: str) -> None:
    """Raises TestbedError for a path that is not one of a file below the crate."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or "\0" in path or {"", ".", ".."} & set(parts):
        raise TestbedError(
            f"{path!r} is no path inside the crate",
            where=where,
            why="taken as it stands, it would write to another place of this machine",
            fix="do not use it; take it anew from `testbed runs export`, where the run was made",
        )


def altered(what: str, where: str) -> TestbedError:
    """The error for a crate that is not as its run left it."""
    return TestbedError(
        "the crate is not as its run left it",
        where=where,
        why=what,
        fix="take it anew from `testbed runs export`, where the run was made",
        exit_code=1,
    )
