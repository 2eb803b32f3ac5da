"""What a transfer cost, and what else the machines did meanwhile: two readings compared. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.evaluate.cases import Protocol
from testbed.evaluate.figures.counters import Cpu, Reading
from testbed.evaluate.sample import Disturbance

GB = 1e9
# From which on a figure marks a sample: less is not seen in a comparison with a margin of 5 %.
STEAL = 0.02
OTHER_LOAD = 0.05
CLOCK_JUMP = 0.5  # seconds; the clocks are not read at the same instant


def cpu_seconds(before: Reading, after: Reading) -> dict[str, float]:
    """By node."""
    return {n: max(0.0, s - before.cpu_s[n]) for n, s in after.cpu_s.items() if n in before.cpu_s}


def softirq_seconds(before: Reading, after: Reading) -> dict[str, float]:
    """Of the machine that each node is on, by node: it is shared where nodes are namespaces."""
    passed = _passed(before, after)
    return {n: passed.get(n, passed.get("", Cpu())).softirq for n in after.cpu_s}


def per_gigabyte(seconds: Mapping[str, float], payload: int) -> dict[str, float]:
    """Seconds per 10⁹ bytes; nothing without payload."""
    return {name: s * GB / payload for name, s in seconds.items()} if payload else {}


def disturbance(before: Reading, after: Reading) -> Disturbance:
    """Of several machines the worst."""
    passed = _passed(before, after)
    lab = after.lab_cpu_s - before.lab_cpu_s
    host = passed.get("", Cpu())
    pairs = [(before.machines[name], after.machines[name]) for name in passed]
    return Disturbance(
        steal=max((cpu.share(cpu.steal) for cpu in passed.values()), default=0),
        # irq and softirq belong to nobody, and are mostly the lab's packets
        other_load=host.share(max(0.0, host.busy - host.irq - host.softirq - lab)),
        busy=max((cpu.share(cpu.busy) for cpu in passed.values()), default=0),
        throttled=max(0, after.throttled - before.throttled),
        softirq_drops=sum(max(0, a.backlog_drops - b.backlog_drops) for b, a in pairs),
        clock_jump_s=max(
            (abs((a.real_s - b.real_s) - (a.passed_s - b.passed_s)) for b, a in pairs), default=0
        ),
    )


def _passed(before: Reading, after: Reading) -> dict[str, Cpu]:
    """Processors of each machine that is in both readings."""
    there = after.machines.keys() & before.machines.keys()
    return {n: after.machines[n].cpu.since(before.machines[n].cpu) for n in sorted(there)}


def marks(found: Disturbance, protocol: Protocol = "tcp") -> tuple[str, ...]:
    """What makes a sample one that was disturbed, a sentence each.

    Processors that are busy make none: a transfer at its highest rate has all of what limits it.
    Backlogs that overflow make none for UDP: that is how a rate shows to be too high.
    """
    said = {
        f"steal: {100 * found.steal:.0f} % of the processors": found.steal > STEAL,
        f"other load: {100 * found.other_load:.0f} % of the processors": found.other_load
        > OTHER_LOAD,
        f"throttled {found.throttled} times by a quota": found.throttled > 0,
        f"{found.softirq_drops} packets dropped from a processor's backlog": (
            found.softirq_drops > 0 and protocol == "tcp"
        ),
        f"the clock jumped by {found.clock_jump_s:.1f} s": found.clock_jump_s > CLOCK_JUMP,
    }
    return tuple(words for words, is_so in said.items() if is_so)
