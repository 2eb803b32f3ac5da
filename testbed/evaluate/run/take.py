"""One sample: the policy in place, the path proved, then the transfer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from testbed.agent.model.overlay_names import ROUTED
from testbed.errors import CheckFailed
from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.defaults import Extent
from testbed.evaluate.run import steering
from testbed.evaluate.run.ends import Builder, Ends, workers
from testbed.evaluate.run.measure import Instrument
from testbed.evaluate.run.meter import Meter
from testbed.evaluate.sample import Sample
from testbed.evaluate.schedule import Slot
from testbed.prove.in_lab import PLAIN, prove
from testbed.scenario import Testbed
from testbed.scenario.api.check import Check
from testbed.scenario.api.context import Context
from testbed.te.load import load_policy_file

_WORDS = {"vxlan": "vxlan", "ipip": "ipip", "routed": ROUTED}  # of a proof of path
UNPROVED = "one pair of interfaces: there is no other way"


class Taker:
    """Takes samples in a lab. `directory` is the run's, `extent` how long is measured."""

    def __init__(self, testbed: Testbed, meter: Meter, directory: Path, extent: Extent) -> None:
        self._testbed, self._meter = testbed, meter
        self._directory, self._extent = directory, extent
        self._near, self._far = workers(testbed)
        self._builder = Builder(testbed)

    def withdraw_leftovers(self) -> None:
        """The policy of a run that was killed would steer samples of this one."""
        for family in self._testbed.kube.families():
            case = BY_ID[f"pod-to-pod.tcp.ipv{family}.across.srv6.1seg.1stream"]
            file = self._write_policy(case, ())
            changes, _ = load_policy_file(self._testbed.plan, file, False)
            self._testbed.te.withdraw(changes)

    def prepare(self, case: Case) -> None:
        """Have what the case needs. Raises TestbedError where it cannot be measured here."""
        self._builder.ends(case).target(case)

    def renew(self, slot: Slot) -> None:
        """Look after the ends of a case whose transfer failed. Raises TestbedError."""
        self._builder.forget(BY_ID[slot.case])
        self.prepare(BY_ID[slot.case])

    def take(self, slot: Slot) -> Sample:
        """One sample. Raises TestbedError if its path is another than the case says."""
        case, started, begun = BY_ID[slot.case], datetime.now(timezone.utc), time.monotonic()
        ends = self._builder.ends(case)
        largest = self._builder.smallest_mtu()
        instrument = Instrument(self._testbed.plan, self._meter, self._extent, largest)
        with self._steered(case) as by:
            path = self._proved_path(case, ends, by)
            taken = instrument.measure(case, ends)
        return Sample(
            case=case.id,
            block=slot.block,
            position=slot.position,
            kind=slot.kind,
            started=started,
            seconds=time.monotonic() - begun,
            values=taken.values,
            marks=taken.marks,
            path=path,
            disturbance=taken.disturbance,
        )

    def _waypoints(self, case: Case) -> tuple[str, ...]:
        if case.segments < 2:
            return ()
        return steering.waypoints(self._testbed.plan, self._near, self._far, case.segments)

    @contextmanager
    def _steered(self, case: Case) -> Iterator[Sequence[str]]:
        """The case's policy is in place in the body, and withdrawn after it."""
        by, lab = self._waypoints(case), self._testbed
        # of its own: what is put back after each sample does not pile up
        context = Context(lab.plan, Check(), lab.evidence)
        with context.restored():
            if by:
                Testbed(context).inject(self._write_policy(case, by))
            yield by

    def _write_policy(self, case: Case, by: Sequence[str]) -> Path:
        file = self._testbed.evidence / "policy.yaml"
        file.write_text(steering.policy(case, self._near, self._far, by))
        return file

    def _proved_path(self, case: Case, ends: Ends, by: Sequence[str]) -> str:
        if ends.proved is None:
            return UNPROVED
        through = ends.target(case) if case.traffic == "pod-to-service" else None
        expect = list(by) if case.overlay == "srv6" else [_WORDS.get(case.overlay, PLAIN)]
        proof = prove(self._testbed.plan, *ends.proved, case.family, expect, through)
        if proof.passed:
            return proof.summary
        proof.save(self._directory / "failed-proofs")
        raise CheckFailed(
            f"{case.id} does not take the path that it names",
            why=proof.summary,
            fix=f"packets are in {self._directory / 'failed-proofs'}; testbed status",
        )
