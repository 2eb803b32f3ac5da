"""Drawings of a run's topologies, and of its proved paths, in the order of a policy's life."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from testbed.plan.model import Plan
from testbed.report.figures.path_map import path_map
from testbed.report.graph.scene_builder import build_scene
from testbed.run_report.figure import Figure, slug
from testbed.run_report.scenarios import Proof, ScenarioEvidence, by_pair
from testbed.run_report.source import Source


@dataclass(frozen=True)
class DrawnProof:
    """A proof; `moment` is "before", "then" or "after" where what is expected changed.

    `figure` is None where the topology is not known.
    """

    proof: Proof
    moment: str
    figure: Figure | None


@dataclass(frozen=True)
class PairOfPods:
    """What happened between two pods, in its order."""

    title: str
    proofs: tuple[DrawnProof, ...]


def topologies(sources: Iterable[Source]) -> list[Figure]:
    """Each topology once, however many runs had it."""
    there = [plan for source in sources for plan in _plans(source)]
    plans = {plan.model_dump_json(include={"nodes", "links"}): plan for plan in reversed(there)}
    names: dict[str, int] = {}
    found = []
    for plan in reversed(plans.values()):
        number = names[plan.topology] = names.get(plan.topology, 0) + 1
        name = f"topology-{slug(plan.topology)}" + (f"-{number}" if number > 1 else "")
        found.append(Figure(name, f"Topology {plan.topology}", build_scene(plan)))
    return found


def draw_proofs(run: str, scenario: ScenarioEvidence) -> list[PairOfPods]:
    """All proofs of a scenario, by the pair of pods."""
    return [
        PairOfPods(title, tuple(_draw(run, scenario, proofs)))
        for title, proofs in by_pair(scenario.proofs).items()
    ]


def figures(pairs: Iterable[PairOfPods]) -> list[Figure]:
    """The drawings of proofs."""
    return [drawn.figure for pair in pairs for drawn in pair.proofs if drawn.figure]


def _plans(source: Source) -> list[Plan]:
    return [p for p in (source.plan, *(s.plan for s in source.scenarios)) if p]


def _draw(run: str, scenario: ScenarioEvidence, proofs: Sequence[Proof]) -> Iterator[DrawnProof]:
    changes = len({proof.data["expectation"] for proof in proofs}) > 1
    for index, proof in enumerate(proofs):
        moment = "before" if index == 0 else "after" if index == len(proofs) - 1 else "then"
        figure = None
        if scenario.plan:
            data = proof.data
            title = f"{scenario.directory}, path {proof.number}: {proof.pair}"
            ends = f"{data['source']}-{data['destination']}-ipv{data['family']}"
            name = f"path-{slug(run)}-{slug(scenario.directory)}-{proof.number}-{slug(ends)}"
            scene = path_map(title, scenario.plan, proof.ways, proved=data["passed"])
            figure = Figure(name, f"{title}: {data['expectation']}", scene)
        yield DrawnProof(proof, moment if changes else "", figure)
