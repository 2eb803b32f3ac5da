"""Draws the way that probes took into the drawing of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.for_caller import write_for_caller
from testbed.plan.model import Plan
from testbed.prove.path import Trace
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.svg import graph_svg


def picture(plan: Plan, traces: Sequence[Trace]) -> str:
    """The plan as SVG: where probes passed in colour, and rings where a segment ended."""
    if not traces:
        return graph_svg(plan)
    waypoints = {hop.node: None for one in traces for hop in one.hops if hop.ends_segment}
    paths = [one.nodes for one in traces]
    return graph_svg(plan, [Highlight.of_paths(paths, tuple(waypoints))])


def write(path: Path, plan: Plan, traces: Sequence[Trace]) -> None:
    """Write the picture. Raises TestbedError if the file cannot be written."""
    try:
        write_for_caller(path, picture(plan, traces))
    except OSError as error:
        raise TestbedError(f"cannot write {path}", why=error.strerror) from None
