"""What a run was made under, as names and values that can be compared; pure.

Each belongs to an area, after which a cause is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from testbed.json_types import JsonObject
from testbed.records.inputs import INPUTS
from testbed.replay.areas import AREAS, Area, Unlike
from testbed.replay.evidence import Evidence

# What a replay cannot choose: the machine, and what is installed on it.
OF_MACHINE: tuple[Area, ...] = AREAS[AREAS.index("CPU quota") :]
Conditions: TypeAlias = dict[tuple[Area, str], str]

_OF = ": "  # between a lab, or a node in one, and what is said of it
_KIND_OF_LAB = ("orchestrator", "backend", "overlay", "box")
_NOT_COMPARED = re.compile(r"(.*\.)?where(_v[46])?|topology|profile")
# Which run, and how it was shown; not what it did.
_OPTIONS_OF_LAB = ("lab", "topology", "policy", "cluster", "nodes")
_MATTER = ("TESTBED_SLOWNESS", "TESTBED_OVERLAY", "TESTBED_BOX")


def compare(one: Conditions, other: Conditions) -> list[Unlike]:
    """In the order of areas. An area that one of them did not record is left out."""
    recorded = _areas(one) & _areas(other)
    keys = [
        key
        for key in dict.fromkeys([*one, *other])
        if key[0] in recorded and ((key in one) == (key in other) or _may_be_alone(key, one, other))
    ]
    return [
        Unlike(area=area, name=name, a=one.get((area, name)), b=other.get((area, name)))
        for area, name in sorted(keys, key=lambda key: (AREAS.index(key[0]), key[1]))
        if one.get((area, name)) != other.get((area, name))
    ]


def _may_be_alone(key: tuple[Area, str], one: Conditions, other: Conditions) -> bool:
    """Does it say something that only one of two runs has it?

    No of a scenario that the other did not run, with its policies and its lab, and of an interface
    of a pod, whose name is another in each lab.
    """
    area, name = key
    owner, is_owned, _ = name.partition(_OF)
    if is_owned and area != "sysctl":
        return all(any(n.startswith(owner + _OF) for _, n in side) for side in (one, other))
    return not is_owned and area not in ("scenario", "policy", "timer profile")


def not_recorded(one: Conditions, other: Conditions) -> list[Area]:
    """The areas that one of the two did not record."""
    return [area for area in AREAS if (area in _areas(one)) != (area in _areas(other))]


def _areas(found: Conditions) -> set[Area]:
    return {area for area, _ in found}


def conditions(run: Evidence) -> Conditions:
    """All that is recorded of a run."""
    return {**_inputs(run), **lab_conditions(run.plans), **_options(run), **machine_conditions(run)}


def machine_conditions(run: Evidence) -> Conditions:
    """Those of the machine, and of what is installed there."""
    return {**_machine(run), **_programs(run), **_source(run)}


def _inputs(run: Evidence) -> Conditions:
    """Files by their digest. Topologies count by the plan that is made of them."""
    found: Conditions = {}
    if run.inputs:
        found["policy", "given"] = "none"
    for path, digest in run.inputs.items():
        kind, _, name = path.removeprefix(f"{INPUTS}/").partition("/")
        if kind == "policies":
            found["policy", name] = digest
        elif kind == "policy":
            found["policy", "given"] = digest
        elif kind == "scenarios":
            found["scenario", name] = digest
    return found


def lab_conditions(plans: Mapping[str, JsonObject]) -> Conditions:
    """Of plans by the path that they have in a crate."""
    found: Conditions = {}
    for path, plan in sorted(plans.items()):
        topology = str(plan.get("topology"))
        found["timer profile", f"{topology}{_OF}profile"] = str(plan.get("profile"))
        for name, value in flat(plan):
            if _NOT_COMPARED.fullmatch(name):
                continue
            key = _area_of(name), f"{topology}{_OF}{name}"
            if found.setdefault(key, value) != value:  # another lab of this topology
                found[key[0], f"{topology} in {path}{_OF}{name}"] = value
    return found


def _area_of(name: str) -> Area:
    """Of a plan's field."""
    if name == "max_segments" or name.endswith(".mtu"):
        return "MTU"
    if name.endswith(".advertised"):  # the profile decides it
        return "timer profile"
    return "kind of lab" if name in _KIND_OF_LAB else "topology"


def _options(run: Evidence) -> Conditions:
    record = run.record
    found: Conditions = {}
    for name, value in record.options.items():
        if name == "profile" and record.kind == "scenarios":
            found["timer profile", "option"] = value
        elif name in ("cluster", "nodes"):
            found["kind of lab", name] = value
        elif name not in _OPTIONS_OF_LAB:
            found["options", name] = value
    for name, seed in record.seeds.items():
        found["options", f"seed of the {name}"] = str(seed)
    return found


def _machine(run: Evidence) -> Conditions:
    environment = run.environment
    processors = _part(environment, "processors")
    found: Conditions = {}
    if "quota" in processors:
        found["CPU quota", "quota"] = str(processors["quota"])
    for name, value in flat(_part(environment, "sysctls")):
        found["sysctl", name] = value
    for name, value in run.sysctls.items():
        found["sysctl", name] = value
    for name, value in flat({k: v for k, v in processors.items() if k != "quota"}):
        found["processor", name] = value
    kernel = _part(environment, "kernel")
    for name in ("release", "version", "architecture", "parameters"):
        if name in kernel:
            found["kernel", name] = _text(kernel[name])
    found |= {("kernel", line): "set" for line in _lines(kernel.get("config"))}
    if "machine" in environment:  # its kernel is an area of its own
        found["processor", "machine"] = str(environment["machine"]).partition(", Linux ")[0]
    for name, area in _SINGLE:
        if name in environment:
            found[area, name] = str(environment[name])
    return found


_SINGLE: tuple[tuple[str, Area], ...] = (
    ("clock", "processor"),
    ("distribution", "distribution"),
    ("interpreter", "packages"),
)


def _programs(run: Evidence) -> Conditions:
    found: Conditions = {
        ("programs", name): value for name, value in flat(_part(run.environment, "programs"))
    }
    for artefact in run.artefacts:
        name = str(artefact.get("name"))
        found["programs", name] = str(artefact.get("version"))
        for program, digest in flat(_part(artefact, "programs")):
            found["programs", f"{name}/{program}"] = digest
    for name, value in flat(_part(run.environment, "packages")):
        found["packages", name] = value
    return found


def _source(run: Evidence) -> Conditions:
    record = run.record
    if not record.version and not record.commit:
        return {}
    found: Conditions = {
        ("testbed", "version"): record.version,
        ("testbed", "commit"): record.commit or "not known",
        ("testbed", "changed by a patch"): run.patch or ("not known" if record.changed else "no"),
        ("variables", "of the testbed"): "recorded",
    }
    for name in _MATTER:
        if name in record.environment:
            found["variables", name] = record.environment[name]
    return found


def flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested values by their path; of a list of named objects, by their names."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for one in value:
            yield from flat(one, f"{name}.{_name_of(one)}")
    else:
        yield name, _text(value)


def _name_of(value: Mapping[str, object]) -> str:
    """A node's name; of a link, its first port."""
    port = value.get("a")
    if isinstance(port, dict):
        return str(port.get("interface"))
    return str(value.get("name"))


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)


def _part(of: Mapping[str, object], name: str) -> dict[str, object]:
    found = of.get(name)
    return dict(found) if isinstance(found, dict) else {}


def _lines(value: object) -> Iterable[str]:
    return map(str, value) if isinstance(value, list) else ()
