"""What a transfer cost, and what disturbed it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed.evaluate.figures.counters import Cpu, Machine, Reading
from testbed.evaluate.figures.usage import (
    cpu_seconds,
    disturbance,
    marks,
    per_gigabyte,
    softirq_seconds,
)
from testbed.evaluate.sample import Disturbance

QUIET = Machine(Cpu(), 0, 0, real_s=1000.0, passed_s=50.0)
NODES = {"worker1": 3.0, "worker2": 2.0}


def reading(machine: Machine, lab: float = 0.0, throttled: int = 0, at: str = "") -> Reading:
    return Reading({at: machine}, NODES, {}, lab, throttled)


def later(cpu: Cpu, drops: int = 0, real: float = 1004.0) -> Machine:
    """Four seconds later, of two processors."""
    return Machine(cpu, drops, 0, real_s=real, passed_s=54.0)


BEFORE = reading(QUIET)


def test_seconds_of_nodes_and_of_the_machine_that_they_share() -> None:
    after = replace(reading(later(Cpu(user=4, softirq=1.5, idle=2.5))), cpu_s={"worker1": 4.5})
    assert cpu_seconds(BEFORE, after) == {"worker1": 1.5}
    assert softirq_seconds(BEFORE, after) == {"worker1": 1.5}
    assert per_gigabyte({"worker1": 1.5}, 3 * 10**9) == {"worker1": 0.5}
    assert per_gigabyte({"worker1": 1.5}, 0) == {}


def test_a_machine_of_its_own_has_its_own_softirqs() -> None:
    before = Reading({"": QUIET, "worker1": QUIET}, {"worker1": 0.0}, {}, 0, 0)
    machines = {"": later(Cpu(softirq=3)), "worker1": later(Cpu(softirq=1, steal=1))}
    after = Reading(machines, {"worker1": 1.0}, {}, 0, 0)
    assert softirq_seconds(before, after) == {"worker1": 1}
    assert disturbance(before, after).steal == 0.5  # of the guest, the worst of both


def test_what_the_lab_did_is_no_disturbance() -> None:
    after = reading(later(Cpu(user=3, system=3, softirq=1, idle=1)), lab=6.0)
    found = disturbance(BEFORE, after)
    assert found == Disturbance(busy=7 / 8)
    assert marks(found) == ()


def test_what_others_did_is() -> None:
    after = reading(later(Cpu(user=3, system=3, softirq=1, idle=1)), lab=4.0)
    assert disturbance(BEFORE, after).other_load == 0.25


def test_a_lab_that_is_said_to_have_used_more_than_there_was() -> None:
    assert disturbance(BEFORE, reading(later(Cpu(user=1, idle=7)), lab=2.0)).other_load == 0


@pytest.mark.parametrize(
    ("after", "mark"),
    [
        (reading(later(Cpu(idle=7.2, steal=0.8))), "steal: 10 % of the processors"),
        (reading(later(Cpu(user=0.8, idle=7.2))), "other load: 10 % of the processors"),
        (reading(later(Cpu(idle=8)), throttled=3), "throttled 3 times by a quota"),
        (reading(later(Cpu(idle=8), drops=7)), "7 packets dropped from a processor's backlog"),
        (reading(later(Cpu(idle=8), real=904.0)), "the clock jumped by 100.0 s"),  # set back
        (reading(later(Cpu(idle=8), real=1010.0)), "the clock jumped by 6.0 s"),
    ],
)
def test_each_disturbance_marks_a_sample(after: Reading, mark: str) -> None:
    assert marks(disturbance(BEFORE, after)) == (mark,)


def test_what_is_below_its_threshold_marks_nothing() -> None:
    little = Cpu(user=0.3, steal=0.1, idle=7.6)
    found = disturbance(BEFORE, reading(later(little, real=1004.2)))
    assert found.steal > 0
    assert found.other_load > 0
    assert marks(found) == ()


def test_udp_makes_backlogs_overflow_by_itself() -> None:
    assert marks(Disturbance(softirq_drops=7), "udp") == ()
