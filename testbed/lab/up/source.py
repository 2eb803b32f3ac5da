"""The snapshot that `up --from-snapshot` goes on from."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.lab import snapshots
from testbed.plan.model import Plan
from testbed.providers.base import Preparation
from testbed.providers.vagrant.preparation import Machines
from testbed.providers.vagrant.snapshot.fingerprint import differences
from testbed.providers.vagrant.snapshot.snapshots import Record, Snapshot


@dataclass(frozen=True)
class Source:
    """A snapshot that fits the plan."""

    snapshot: Snapshot
    record: Record

    @classmethod
    def of(cls, lab: str, name: str, plan: Plan) -> Source:
        """Raises TestbedError if there is none of this name, or if it is of another plan."""
        return cls(*snapshots.fitting(lab, name, plan))

    def check(self, plan: Plan, preparation: Preparation) -> None:
        """Raises TestbedError if it is of other machines than these."""
        if not isinstance(preparation, Machines):
            raise TestbedError("only virtual machines go on from a snapshot", fix="--nodes vagrant")
        now = preparation.hardware.take_fingerprint(plan, self.snapshot.lab)
        snapshots.refuse(self.snapshot, differences(self.record.made_of, now))
