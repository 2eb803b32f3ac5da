"""Limits of the options that tell path computation about a link, as IS-IS would carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from testbed.plan import shaping_rules
from testbed.plan.model import TrafficEngineering

MOST_DELAY_US = (1 << 24) - 1  # RFC 8570 §4.1: 24 bits of microseconds
LEAST_CAPACITY, MOST_CAPACITY = 0.001, 1e7  # Mbit/s: 1 kbit/s to 10 Tbit/s
MOST_SRLG = (1 << 32) - 1  # RFC 5307 §1.1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
NAME_FORM = "letters, digits, '_', '.' and '-', a letter or digit first, at most 63 characters"


def delay_us(value: object) -> int:
    """Microseconds one way; raises ValueError or TypeError for what no link can have."""
    found = round(shaping_rules.seconds(shaping_rules.time(value)) * 1e6)
    if found > MOST_DELAY_US:
        raise ValueError("a time of at most 16.777215s is needed (RFC 8570)")
    return found


def capacity(value: object) -> float:
    """Mbit/s in each direction."""
    number = shaping_rules.number(value)
    if not LEAST_CAPACITY <= number <= MOST_CAPACITY:
        raise ValueError(
            f"a number from {LEAST_CAPACITY:g} to {MOST_CAPACITY:.0f} is needed (Mbit/s)"
        )
    return number


def affinity(value: object) -> tuple[str, ...]:
    """Names of administrative groups: one or several."""
    return _names(value)


def srlg(value: object) -> tuple[str, ...]:
    """Shared risk link groups, by name or number: one or several."""
    return _names(value, numbers=True)


def traffic_engineering(
    te_delay: object = None,
    capacity_mbit: object = None,
    affinity_names: object = None,
    srlg_names: object = None,
) -> TrafficEngineering:
    """The attributes of these options, each of which may be None."""
    return TrafficEngineering(
        delay_us=None if te_delay is None else delay_us(te_delay),
        capacity=None if capacity_mbit is None else capacity(capacity_mbit),
        affinity=() if affinity_names is None else affinity(affinity_names),
        srlg=() if srlg_names is None else srlg(srlg_names),
    )


def _names(value: object, numbers: bool = False) -> tuple[str, ...]:
    items = [value] if isinstance(value, (str, int)) else value
    if not isinstance(items, Iterable):
        raise TypeError("a name or a list of names is needed")
    found: list[str] = []
    for item in items:
        name = _name(item, numbers)
        if name in found:
            raise ValueError(f"{name!r} is named twice")
        found.append(name)
    return tuple(found)


def _name(item: object, numbers: bool) -> str:
    if numbers and isinstance(item, int) and not isinstance(item, bool):
        if not 0 <= item <= MOST_SRLG:
            raise ValueError(f"{item} is no number from 0 to {MOST_SRLG} (RFC 5307)")
        return str(item)
    if not isinstance(item, str):
        raise TypeError(f"{item!r} is no name")
    if _NAME.fullmatch(item) is None:
        raise ValueError(f"{item!r} is no name: {NAME_FORM}")
    return item
