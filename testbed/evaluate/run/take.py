"""One sample: the policy in place, the path proved, then the transfer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from testbed.errors import CheckFailed, TestbedError
from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.run import iperf3, steering, wire
from testbed.evaluate.run.ends import Builder, Ends, workers
from testbed.evaluate.sample import Sample
from testbed.evaluate.schedule import Slot
from testbed.prove.in_lab import PLAIN, prove
from testbed.scenario import Testbed
from testbed.scenario.api.check import Check
from testbed.scenario.api.context import Context

_WORDS = {"vxlan": "vxlan", "ipip": "ipip"}  # of a proof of path
GRACE = 60.0  # seconds that a transfer may take beyond its own


class Taker:
    """Takes samples in a lab. `directory` is the run's, `seconds` what of a transfer counts."""

    def __init__(self, testbed: Testbed, directory: Path, seconds: int) -> None:
        self._testbed, self._directory, self._seconds = testbed, directory, seconds
        self._near, self._far = workers(testbed)
        self._builder = Builder(testbed)

    def prepare(self, case: Case) -> None:
        """Have what the case needs. Raises TestbedError where it cannot be measured here."""
        self._builder.ends(case).target(case)

    def take(self, slot: Slot) -> Sample:
        """One sample. Raises TestbedError if its path is another than the case says."""
        case, started, begun = BY_ID[slot.case], datetime.now(timezone.utc), time.monotonic()
        ends = self._builder.ends(case)
        with self._steered(case) as by:
            path = self._proved_path(case, ends, by)
            before = wire.sent(self._testbed.plan, self._near)
            transfer = self._transfer(case, ends)
            counted = wire.sent(self._testbed.plan, self._near).since(before)
        mark = ""
        if case.placement == "across":
            mark = wire.disagreement(case, self._mtu(case, ends), transfer.payload, counted)
        wired = {"wire_packets": counted.packets, "wire_bytes": counted.bytes}
        return Sample(
            case=case.id,
            block=slot.block,
            position=slot.position,
            kind=slot.kind,
            started=started,
            seconds=time.monotonic() - begun,
            values=transfer.values.model_copy(update=wired),
            marks=(mark,) if mark else (),
            path=path,
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
                file = lab.evidence / "policy.yaml"
                file.write_text(steering.policy(case, self._near, self._far, by))
                Testbed(context).inject(file)
            yield by

    def _proved_path(self, case: Case, ends: Ends, by: Sequence[str]) -> str:
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

    def _transfer(self, case: Case, ends: Ends) -> iperf3.Transfer:
        command = iperf3.arguments(case, ends.target(case), self._seconds)
        try:
            said = self._testbed.kube.kubectl(
                "exec", ends.client, "--", *command, timeout=self._seconds + GRACE
            )
        except TestbedError as error:
            raise CheckFailed(f"no transfer of {case.id}", why=str(error)) from None
        return iperf3.read(said)

    def _mtu(self, case: Case, ends: Ends) -> int:
        """Of the packets' sender."""
        plan = self._testbed.plan
        if case.overlay == "none":
            return plan.uplink(self._near).mtu
        pods = {pod.name: pod for pod in self._testbed.context.orchestrator.pods(plan)}
        return self._testbed.pods.mtu(pods[ends.client])
