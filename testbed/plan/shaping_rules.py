"""Limits of the options that shape a link, as Mininet's TCLink and the kernel have them."""

from __future__ import annotations

import re
from typing import SupportsFloat

from testbed.plan.model import Shaping

MOST_BANDWIDTH = 1000.0  # Mbit/s: Mininet ignores a higher one
LEAST_BANDWIDTH = 0.001
MOST_DELAY = 60.0  # seconds
_DELAY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(us|ms|s)")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def bandwidth(value: object) -> float:
    """Mbit/s; raises ValueError or TypeError for what cannot be applied."""
    found = number(value)
    if not LEAST_BANDWIDTH <= found <= MOST_BANDWIDTH:
        raise ValueError(
            f"a number from {LEAST_BANDWIDTH:g} to {MOST_BANDWIDTH:g} is needed (Mbit/s); "
            "a link without bw is not limited"
        )
    return found


def loss(value: object) -> float:
    """Per cent of the packets in each direction."""
    found = number(value)
    if not 0 <= found <= 100:
        raise ValueError("a number from 0 to 100 is needed (per cent)")
    return found


def delay(value: object) -> str:
    """A time in each direction, with its unit."""
    text = time(value)
    if seconds(text) > MOST_DELAY:
        raise ValueError(f"a time of at most {MOST_DELAY:g}s is needed")
    return text


def time(value: object) -> str:
    """A time of any length, with its unit."""
    if not isinstance(value, str) or _DELAY.fullmatch(value) is None:
        raise ValueError("a time with its unit is needed, e.g. '5ms'")
    return value


def seconds(text: str) -> float:
    """Of a time that `time` accepts."""
    found = _DELAY.fullmatch(text)
    assert found is not None
    return float(found[1]) * _UNITS[found[2]]


def shaping(bw: object = None, delay_time: object = None, loss_share: object = None) -> Shaping:
    """The shaping of these options, each of which may be None."""
    return Shaping(
        bandwidth=None if bw is None else bandwidth(bw),
        delay=None if delay_time is None else delay(delay_time),
        loss=None if loss_share is None else loss(loss_share),
    )


def number(value: object) -> float:
    """A number, also written as text; raises TypeError or ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, SupportsFloat)):
        raise TypeError("a number is needed")
    return float(value)
