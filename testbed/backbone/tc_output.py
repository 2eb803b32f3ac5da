"""Reads off tc's output how an interface is shaped. Pure."""

from __future__ import annotations

import re

from testbed.plan.model import Shaping

_QDISC = re.compile(r"^qdisc (?P<kind>\S+) \S+ dev (?P<device>\S+) (?P<options>.*)", re.MULTILINE)
_RATE = re.compile(r"^class htb .*? rate (?P<number>[\d.]+)(?P<unit>[KMGT]?)bit", re.MULTILINE)
_DELAY = re.compile(r"\bdelay (\S+)")
_LOSS = re.compile(r"\bloss ([\d.]+)%")
_MEGABITS = {"": 1e-6, "K": 1e-3, "M": 1.0, "G": 1e3, "T": 1e6}


def limited(qdiscs: str) -> list[str]:
    """The interfaces of `tc qdisc show` whose bandwidth is in a class."""
    return [q["device"] for q in _QDISC.finditer(qdiscs) if q["kind"] == "htb"]


def shaping_of(device: str, qdiscs: str, classes: str) -> Shaping:
    """From `tc qdisc show`, of all interfaces, and `tc class show` of this one."""
    kinds = {q["kind"]: q["options"] for q in _QDISC.finditer(qdiscs) if q["device"] == device}
    if "blackhole" in kinds:
        return Shaping(loss=100)
    options = kinds.get("netem", "")
    rate, delay, loss = _RATE.search(classes), _DELAY.search(options), _LOSS.search(options)
    return Shaping(
        bandwidth=float(rate["number"]) * _MEGABITS[rate["unit"]] if rate else None,
        delay=delay[1] if delay else None,
        loss=float(loss[1]) if loss else None,
    )
