"""What a scenario left: its result, the plan of its lab, and its proofs of path in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from testbed import usid
from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.prove.draw import HopData, ProofData, WayData
from testbed.report.figures.path_map import Way
from testbed.scenario.run.result import FILE, ScenarioResult, read_result

_PROOF: TypeAdapter[ProofData] = TypeAdapter(ProofData)
_NUMBER = re.compile(r"path-(\d+)$")


@dataclass(frozen=True)
class Proof:
    """One proof of path; `number` is its place in the scenario."""

    number: int
    data: ProofData

    @property
    def pair(self) -> str:
        """What was to be reached from where: proofs of one pair follow a policy's life."""
        return f"{self.data['source']} → {self.data['destination']}, IPv{self.data['family']}"

    @property
    def ways(self) -> list[Way]:
        """The ways of its probes."""
        return [_way(way) for way in self.data["paths"]]


@dataclass(frozen=True)
class ScenarioEvidence:
    """A scenario of a run; `plan` is None where its lab left none."""

    directory: str
    result: ScenarioResult | None
    plan: Plan | None = None
    proofs: tuple[Proof, ...] = ()


def read_scenarios(run: Path) -> tuple[tuple[ScenarioEvidence, ...], tuple[str, ...]]:
    """The scenarios of a run, and what could not be read, a sentence each."""
    found, notes = [], list[str]()
    for file in sorted(run.glob(f"*/{FILE}")):
        directory = file.parent
        result = _read_result(file, notes)
        plan = read_plan(directory / "rendered/plan.json", notes)
        proofs = _read_proofs(directory, notes)
        found.append(ScenarioEvidence(directory.name, result, plan, tuple(proofs)))
    return tuple(found), tuple(notes)


def by_pair(proofs: Sequence[Proof]) -> dict[str, list[Proof]]:
    """Pair → its proofs, the first before the last."""
    found: dict[str, list[Proof]] = {}
    for proof in proofs:
        found.setdefault(proof.pair, []).append(proof)
    return found


def _read_result(file: Path, notes: list[str]) -> ScenarioResult | None:
    try:
        return read_result(file)
    except TestbedError as error:
        notes.append(f"{file.parent.name}/{file.name} is left out: {error.why or error.what}")
        return None


def read_plan(file: Path, notes: list[str]) -> Plan | None:
    """The plan of a lab, if it is there; if it cannot be read, a note says so."""
    if not file.is_file():
        return None
    try:
        return Plan.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        where = "/".join(file.parts[-3:])
        notes.append(f"{where} is not a plan of this testbed: its topology is not drawn")
        return None


def _read_proofs(directory: Path, notes: list[str]) -> list[Proof]:
    found = []
    for file in directory.glob("path-*/*.json"):
        number = _NUMBER.match(file.parent.name)
        try:
            data = _PROOF.validate_json(file.read_bytes())
        except (OSError, ValidationError):
            notes.append(f"{'/'.join(file.parts[-3:])} is not a proof of path: left out")
            continue
        found.append(Proof(int(number[1]) if number else 0, data))
    return sorted(found, key=lambda proof: (proof.number, proof.pair))


def _way(way: WayData) -> Way:
    ends = tuple(hop["node"] for hop in way["hops"] if _ends_segment(hop))
    return Way(tuple(way["nodes"]), ends, way["delivered"])


def _ends_segment(hop: HopData) -> bool:
    """Did a segment end here, and another begin?"""
    arrived, left = hop["in"], hop["out"]
    if arrived is None or left is None or hop["decapsulates"] or hop["encapsulates"]:
        return False
    if arrived["segments_left"] is not None:
        return arrived["segments_left"] != left["segments_left"]
    before, after = (usid.parts(IPv6Address(x["dst"])) for x in (arrived, left) if ":" in x["dst"])
    return after != before and after == before[1:]
