"""Runs as `testbed evaluate` and `testbed run` would have left them; no lab is needed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from testbed.evaluate import settings
from testbed.evaluate.cases import BY_ID, CASES, Case
from testbed.evaluate.sample import Sample
from testbed.evaluate.settings import Settings
from testbed.run_report.evaluation import SAMPLES
from testbed.scenario.run.result import CheckResult, ScenarioResult, Verdict, write_result
from tests.paper_plan import paper_plan
from tests.unit.evaluate.samples import START

SPEED = {"veth": 24e9, "none": 14e9, "routed": 13e9, "ipip": 12.3e9, "vxlan": 12.1e9, "srv6": 12e9}
MOST = 300_000_000  # bytes of memory


def cases(*overlays: str, protocol: str = "tcp", streams: int = 1, longest: int = 1) -> list[Case]:
    """Those of these overlays, at their own MTU, across nodes or where there is no other way."""
    return [
        case
        for case in CASES
        if case.overlay in overlays
        and (case.protocol, case.streams, case.mtu) == (protocol, streams, "own")
        and case.segments <= longest
    ]


def values(case: Case, noise: random.Random) -> dict[str, object]:
    """What a sample of a case would have measured."""
    speed = SPEED[case.overlay] * noise.gauss(1, 0.02) * (1 - 0.01 * max(0, case.segments - 1))
    if case.overlay == "none" and case.placement == "same-node":
        speed *= 1.2
    return {
        "throughput_bps": speed,
        "retransmits": noise.randrange(300),
        "rtt_idle_s": noise.gauss(2e-4, 1e-5),
        "rtt_load_s": noise.gauss(1.1e-3, 1e-4),
        "packets_per_s": speed / 1e4,
        "cpu_s_per_gb": {"worker1": 3e9 / speed, "worker2": 5e9 / speed},
        "memory_bytes": {"worker1": noise.randrange(MOST), "worker2": noise.randrange(MOST)},
        "wire_packets": 35555,
        "wire_bytes": int(speed / 8),
    }


def evaluation(
    directory: Path, chosen: Iterable[Case], repeats: int, marked: Sequence[int] = ()
) -> list[Sample]:
    """A directory of `testbed evaluate`; the samples that are in it. `marked`: of which blocks."""
    directory.mkdir(parents=True, exist_ok=True)
    ids = [case.id for case in chosen]
    wanted = Settings(
        topology="full",
        nodes="namespace",
        cases=tuple(ids),
        repeats=repeats,
        seconds=3,
        seed=7,
        commit="0123456789" * 4,
        machine="2 × a processor",
    )
    (directory / settings.FILE).write_text(wanted.model_dump_json())
    noise = random.Random(1)
    samples = [
        Sample.model_validate(
            {
                "case": case,
                "block": block,
                "position": position,
                "kind": "measured" if block else "warm-up",
                "started": START + timedelta(seconds=block * len(ids) + position),
                "seconds": 5,
                "values": values(BY_ID[case], noise),
                "marks": ("3 % of the time went to other machines",) if block in marked else (),
                "path": "PASS: all 8 probes: as the case has it",
            }
        )
        for block in range(repeats + 1)
        for position, case in enumerate(ids)
    ]
    lines = [sample.model_dump_json() for sample in samples]
    (directory / SAMPLES).write_text("\n".join([*lines, ""]))
    return samples


def proof(nodes: Sequence[str], segments: Sequence[str] = (), passed: bool = True) -> object:
    """A proof of path as it lies in the evidence; `segments`: nodes where one ends."""
    left = len(segments)
    hops = []
    for node in nodes:
        arrived = {"segments_left": left} if segments else {"segments_left": None}
        left -= node in segments
        hops.append(
            {
                "node": node,
                "in": None if node == nodes[0] else seen(**arrived),
                "out": None if node == nodes[-1] else seen(segments_left=left),
                "encapsulates": node == nodes[1],
                "decapsulates": node == nodes[-2],
            }
        )
    expectation = f"segments by {', '.join(segments)}" if segments else "best effort, no SRH"
    return {
        "source": nodes[0],
        "destination": nodes[-1],
        "family": 4,
        "source_address": "172.16.0.1",
        "destination_address": "172.16.0.2",
        "expectation": expectation,
        "passed": passed,
        "sentences": [f"all 8 probes: {expectation}" if passed else "lost at r6"],
        "probes": 8,
        "paths": [{"probes": 8, "delivered": passed, "nodes": list(nodes), "hops": hops}],
    }


def seen(segments_left: int | None) -> dict[str, object]:
    """A probe on one interface."""
    return {
        "interface": "eth0",
        "src": "fd11::1000",
        "dst": "fcff:7::1",
        "hop_limit": 63,
        "segments": None,
        "segments_left": segments_left,
        "vni": None,
        "inner": None,
    }


SHORTEST = ("t1-worker1", "worker1", "r3", "r4", "r6", "r8", "worker2", "t2-worker2")
BY_R7 = ("t1-worker1", "worker1", "r3", "r2", "r7", "r8", "worker2", "t2-worker2")


def scenario(
    run: Path,
    name: str = "te-bgp",
    *,
    verdict: Verdict = "pass",
    figures: Mapping[str, object] | None = None,
    failure: str | None = None,
    proofs: Sequence[object] | None = None,
) -> Path:
    """What a scenario leaves of itself: result, plan, proofs before, with and after a policy."""
    directory = run / name
    (directory / "rendered").mkdir(parents=True, exist_ok=True)
    (directory / "rendered/plan.json").write_text(paper_plan().model_dump_json())
    (directory / "output.txt").write_text("what it printed\n")
    if proofs is None:
        proofs = [proof(SHORTEST), proof(BY_R7, ["r7"]), proof(SHORTEST)]
    for number, one in enumerate(proofs, 1):
        (directory / f"path-{number}").mkdir(exist_ok=True)
        (directory / f"path-{number}/path.json").write_text(json.dumps(one))
    check = CheckResult(
        sentence="it holds",
        passed=verdict == "pass",
        expected="0",
        seen="0",
        claim="it holds",
        path=False,
    )
    result = ScenarioResult(
        scenario=name,
        sentence="A policy moves traffic.",
        claims=("C5",),
        seconds=3.2,
        checks=(check,),
        figures=figures or {},
        verdict=verdict,
        failure=failure,
        profile="fast",
        topology="full",
        cluster="none",
        nodes="namespace",
    )
    write_result(directory, result)
    return directory


def now() -> datetime:
    """A time with its zone."""
    return datetime.now(timezone.utc)
