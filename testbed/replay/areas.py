"""The areas in which two runs can differ, and the effects that this can have; pure."""

from __future__ import annotations

from typing import Literal, get_args

from typing_extensions import TypedDict

Area = Literal[
    "scenario",
    "policy",
    "kind of lab",
    "topology",
    "options",
    "MTU",
    "timer profile",
    "CPU quota",
    "sysctl",
    "kernel",
    "programs",
    "testbed",
    "processor",
    "distribution",
    "packages",
    "variables",
]
AREAS: tuple[Area, ...] = get_args(Area)
# What a result's difference is one of: by it, what may have caused it.
Effect = Literal["verdict", "rate", "time", "count"]


class Unlike(TypedDict):
    """A condition in which two runs differ; None where it is not there, or was not recorded."""

    area: Area
    name: str
    a: str | None
    b: str | None
