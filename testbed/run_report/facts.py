"""What a reader asks of a run first: when, where, from which source, with which seeds."""

from __future__ import annotations

from datetime import datetime

from testbed.json_types import JsonObject
from testbed.run_report.source import Source

Fact = tuple[str, str]


def facts(source: Source) -> list[Fact]:
    """Name and value of what is known, in order of interest."""
    found = [*_of_record(source), *_of_evaluation(source), *_of_environment(source.environment)]
    known = {name: value for name, value in reversed(found) if value}  # the record's own first
    return [(name, known[name]) for name in dict.fromkeys(name for name, _ in found)
            if name in known]  # fmt: skip


def sections(source: Source) -> list[tuple[str, list[Fact]]]:
    """The rest of the environment: the longer lists, each with its title."""
    found = []
    for name, title in (
        ("sysctls", "sysctls"),
        ("packages", "Python packages"),
        ("variables", "variables of the testbed"),
    ):
        part = source.environment.get(name)
        if isinstance(part, dict) and part:
            found.append((title, [(str(k), str(v)) for k, v in part.items()]))
    kernel = source.environment.get("kernel")
    lines = kernel.get("config") if isinstance(kernel, dict) else None
    if isinstance(lines, list) and lines:
        found.append(("kernel configuration", [_config_fact(str(line)) for line in lines]))
    return found


def _of_record(source: Source) -> list[Fact]:
    record = source.record
    if record is None:
        return [("standing", source.standing)]
    seeds = ", ".join(f"{name} {value}" for name, value in record.seeds.items())
    commit = f"{record.commit} (changed: source.patch)" if record.changed else record.commit
    return [
        ("standing", source.standing or record.state),
        ("outcome", record.failure or "all went well"),
        ("command", " ".join(record.command)),
        ("started", moment(record.started)),
        ("ended", moment(record.ended)),
        ("commit", commit),
        ("version", record.version),
        ("machine", record.machine),
        ("seeds", seeds),
        ("options", ", ".join(f"{k}={v}" for k, v in record.options.items())),
        ("evidence", _evidence(source)),
        ("left out, secret", ", ".join(record.left_out)),
    ]


def _evidence(source: Source) -> str:
    if source.altered:
        return f"{len(source.altered)} of {source.crate_files} files are not as they were recorded"
    return f"{source.crate_files} files, each as it was recorded" if source.crate_files else ""


def _of_evaluation(source: Source) -> list[Fact]:
    if source.evaluation is None:
        return []
    settings, samples = source.evaluation.settings, source.evaluation.samples
    asked = settings.model_dump(mode="json", exclude={"cases", "schema_version"})
    times = sorted(sample.started for sample in samples)
    found = [
        ("started", moment(times[0]) if times else ""),
        ("last sample", moment(times[-1]) if times else ""),
        ("commit", settings.commit),
        ("machine", settings.machine),
        ("seeds", f"order {settings.seed}"),
        ("cases", str(len(settings.cases))),
    ]
    return [
        *found,
        *((k, str(v)) for k, v in asked.items() if k not in ("commit", "machine", "seed")),
    ]


def _of_environment(environment: JsonObject) -> list[Fact]:
    kernel, processors, programs = (
        part if isinstance(part := environment.get(name), dict) else {}
        for name in ("kernel", "processors", "programs")
    )
    words = (str(kernel.get(name) or "") for name in ("release", "architecture"))
    return [
        ("kernel", " ".join(words).strip()),
        ("distribution", str(environment.get("distribution") or "")),
        ("processors", ", ".join(f"{k} {v}" for k, v in processors.items() if _is_short(v))),
        ("clock", str(environment.get("clock") or "")),
        ("Python", str(environment.get("interpreter") or "")),
        *((str(name), str(version)) for name, version in programs.items()),
    ]


def moment(time: datetime | None) -> str:
    """A time in UTC: the same on each reader's machine."""
    from datetime import timezone

    return time.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC") if time else ""


def _is_short(value: object) -> bool:
    return isinstance(value, str | int) and value not in ("", None)


def _config_fact(line: str) -> Fact:
    name, _, value = line.partition("=")
    return name, value
