"""Brings the service veth to its wanted state, by diff."""

from __future__ import annotations

from testbed.agent.dataplane.run import attempt, batch, parse_list, understood
from testbed.agent.dataplane.sysctl import set_switch
from testbed.agent.desired import service_veth
from testbed.agent.desired.service_veth import Seen, ServiceVeth
from testbed.errors import TestbedError
from testbed.json_types import JsonObject


def read() -> Seen:
    """What this network namespace has of a service veth."""
    with understood(["ip", "-batch"]):
        links, neighbours, rules_v6 = _list_by_batch(
            6, "link show type veth", "neigh show nud permanent", "rule show"
        )
        (rules_v4,) = _list_by_batch(4, "rule show")
        return service_veth.parse(links, neighbours, {4: rules_v4, 6: rules_v6})


def _list_by_batch(family: int, *questions: str) -> list[list[JsonObject]]:
    """One list per question, all by one process."""
    argv = ["ip", "-N", "-j", f"-{family}", "-batch", "-"]
    done = attempt(argv, "\n".join(questions) + "\n")
    if done.returncode:
        raise TestbedError(
            "ip failed", where="; ".join(questions), why=done.stderr.strip()[:500], exit_code=1
        )
    return [parse_list(line) for line in done.stdout.splitlines() if line.strip()]


def apply(wanted: ServiceVeth | None) -> list[str]:
    """Make the veth as wanted (None: there is none); returns what is not so afterwards."""
    seen = read()
    lines = service_veth.creation(wanted, seen)
    complaints = batch(["ip", "-6"], lines)
    if lines:
        seen = read()
    problems = []
    if wanted is not None and seen.whole:
        problems = [p for p in (set_switch(k, v) for k, v in service_veth.switches().items()) if p]
    changed = False
    for family in service_veth.FAMILIES:
        lines = service_veth.settings(wanted, seen, family)
        changed |= bool(lines)
        complaints += batch(["ip", f"-{family}"], lines)
    left = service_veth.faults(wanted, read() if changed else seen)
    why = "; ".join(complaints) or "no error was given"
    return problems + [f"{fault} ({why})" for fault in left]
