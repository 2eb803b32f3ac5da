"""Limits: what a plan may ask for, and what its lab needs of the kernel's."""

from __future__ import annotations

from testbed.plan.model import Plan

MOST_SEGMENTS = 16  # that max_segments may be
LEAST_BFD_INTERVAL, MOST_BFD_INTERVAL = 10, 60_000  # milliseconds, as FRR 8.4 takes them
LEAST_BFD_MULTIPLIER, MOST_BFD_MULTIPLIER = 2, 255  # FRR takes no less, a packet has no more
FEWEST = 1024  # open files; supervisord refuses to start with less
_PER_NODE = 16  # a node has up to four programs of the lab's supervisor: pipe, log, socket, spare


def open_files(plan: Plan) -> int:
    """How many files the lab's supervisor may have to hold open at once."""
    return FEWEST + _PER_NODE * len(plan.nodes)
