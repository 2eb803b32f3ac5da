"""Pairs of crates that differ in exactly one thing, with results that differ by it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from testbed.evaluate import store as sample_store
from testbed.json_types import JsonObject
from testbed.paths import POLICIES, SCENARIOS
from testbed.records.record import Outcome, RunRecord
from testbed.records.recorder import recording
from testbed.records.store import Store
from testbed.scenario.run.result import ScenarioResult, write_result
from tests.shipped_plans import shipped_plan
from tests.unit.evaluate.samples import series
from tests.unit.records.recorded import outcome, record

CASE = "pod-to-pod.tcp.ipv6.across.srv6.1seg.1stream"
ENVIRONMENT: JsonObject = {
    "schema_version": 2,
    "kernel": {"release": "6.1", "config": ["CONFIG_HZ=250"]},
    "processors": {"count": 2, "quota": "none"},
    "sysctls": {"net.ipv4.tcp_rmem": "4096 131072 6291456"},
    "programs": {"frr": "FRR 8.4"},
    "packages": {"pydantic": "2"},
}


@dataclass
class Run:
    """One crate. `rates` make it an evaluation; else it is of te-bgp."""

    gaps: Sequence[float] = (0.2,)
    rates: Sequence[float] = ()
    verdict: Literal["pass", "fail"] = "pass"
    environment: dict[str, object] = field(
        default_factory=lambda: json.loads(json.dumps(ENVIRONMENT))
    )
    plan: dict[str, object] = field(
        default_factory=lambda: json.loads(shipped_plan("full").model_dump_json())
    )
    policy: Path | None = None
    sysctl: str = "1"
    fields: dict[str, object] = field(default_factory=dict)

    def keep(self, store: Store, name: str) -> None:
        """Write it into the store."""
        directory = store.directory / name
        directory.mkdir(parents=True)
        (directory / "environment.json").write_text(json.dumps(self.environment))
        self._inputs(directory)
        with recording(store, directory, self._record(name)) as recorder:
            recorder.add(self._evaluation(directory) if self.rates else self._scenario(directory))

    def _record(self, name: str) -> RunRecord:
        found = {
            "kind": "evaluation" if self.rates else "scenarios",
            "options": {"policy": str(self.policy)} if self.policy else {},
            "version": "1",
            **self.fields,
        }
        return record(name, 0, **found)

    def _inputs(self, directory: Path) -> None:
        for folder, file in (
            ("scenarios", SCENARIOS / "te_bgp.py"),
            ("policies", POLICIES / "worker2-via-r6-r8.yaml"),
            ("policy", self.policy),
        ):
            if file is not None:
                (directory / "inputs" / folder).mkdir(parents=True)
                shutil.copy(file, directory / "inputs" / folder)

    def _evaluation(self, directory: Path) -> Outcome:
        (directory / "plan.json").write_text(json.dumps(self.plan))
        for one in series(CASE, self.rates):
            sample_store.append(directory / "samples.jsonl", one)
        return outcome(CASE, claims=())

    def _scenario(self, directory: Path) -> Outcome:
        rendered, node = (directory / "te-bgp" / n for n in ("rendered", "observed/worker1"))
        for made in (rendered, node):
            made.mkdir(parents=True)
        (rendered / "plan.json").write_text(json.dumps(self.plan))
        (node / "sysctls.txt").write_text(
            f"net.ipv6.seg6_flowlabel = {self.sysctl}\n"
            f"net.ipv6.conf.cali{id(self)}.forwarding = 1\n"  # a name as no other lab has it
        )
        failure = "lost at r6" if self.verdict == "fail" else None
        write_result(
            directory / "te-bgp",
            ScenarioResult(
                scenario="te-bgp",
                sentence="…",
                claims=("C5",),
                verdict=self.verdict,
                failure=failure,
                figures={"seconds without traffic, each": list(self.gaps)},
            ),
        )
        return outcome("te-bgp", verdict=self.verdict, failure=failure)


def pair(directory: Path, change: Callable[[Run], None], *, of: Iterable[float] = ()) -> Store:
    """A store with the runs a and b; b is changed. Either is an evaluation of these rates."""
    rates = list(of)
    one, other = Run(rates=rates), Run(rates=rates)
    change(other)
    store = Store(directory / "runs")
    one.keep(store, "a")
    other.keep(store, "b")
    return store
