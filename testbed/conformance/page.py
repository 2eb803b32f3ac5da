"""Writes docs/conformance.md from the outcome of the runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from testbed.conformance.outcome import Outcome, Run, describe
from testbed.conformance.selection import GROUPS

_HEAD = """\
# Conformance

Kubernetes' own end-to-end tests of its network, run on the topology `full` with three nodes that
all take pods. In the run *best effort* traffic between nodes takes one segment; in the run
*TE ConfigMaps* it takes the waypoints of the paper's table, by ConfigMaps equal to the paper's.
`make conformance` repeats it and writes this page. A spec has passed if the report says so of it,
by name; which specs there are is asked of the test program itself.
"""

_IMAGES = """\
## Images

The tests ask for images by name. Those are made on this machine, from the distribution's programs
and from agnhost, which is built from Kubernetes' own sources. So agnhost's `dig` uses glibc as
well, where the official image has musl, and what is called nginx is agnhost's web server.
"""


def page(outcome: Outcome) -> str:
    """The page as Markdown."""
    sections = [
        _HEAD,
        f"Run on {outcome.date}: {outcome.machine}.\n",
        _format_table(["program", "version"], [list(item) for item in outcome.versions.items()]),
        "## Result\n",
        _format_summary(outcome),
        "## Not passed\n",
        _not_passed(outcome.runs),
        "## Not applicable\n",
        _not_applicable(outcome),
        _IMAGES,
        "## Every spec\n",
        *_every_spec(outcome),
    ]
    return "\n".join(sections)


def _format_summary(outcome: Outcome) -> str:
    rows = []
    for run in outcome.runs:
        for group in GROUPS:
            specs, wanted = run.of(group), len(outcome.selection.of(group))
            passed, failed = (
                sum(spec.state == state for spec in specs) for state in ("passed", "failed")
            )
            other = len(specs) - passed - failed
            rows.append([run.title, group.title, wanted, passed, failed, other])
    columns = ["run", "specs", "wanted", "passed", "failed", "skipped or not run"]
    return "\n".join(
        [_format_table(columns, rows), *(_describe_effort(run) for run in outcome.runs)]
    )


def _describe_effort(run: Run) -> str:
    return f"{run.title}: {run.seconds:.0f} s, {run.packets} packets from node to node over SRv6.\n"


def _not_passed(runs: Iterable[Run]) -> str:
    rows = [[run.title, spec.name, describe(spec)] for run in runs for spec in run.not_passed()]
    rows += [[run.title, "around the specs", problem] for run in runs for problem in run.problems]
    return _format_table(["run", "spec", "why"], rows) if rows else "None.\n"


def _not_applicable(outcome: Outcome) -> str:
    rows = [[name, why] for name, why in outcome.selection.not_applicable.items()]
    return _format_table(["spec", "why"], rows) if rows else "None.\n"


def _every_spec(outcome: Outcome) -> Iterable[str]:
    for group in GROUPS:
        yield f"### {group.title.capitalize()}\n"
        found = [{spec.name: spec for spec in run.specs} for run in outcome.runs]
        rows = [
            [name, *(f"{specs[name].state}, {specs[name].seconds:.0f} s" for specs in found)]
            for name in outcome.selection.of(group)
        ]
        yield _format_table(["spec", *(run.title for run in outcome.runs)], rows)


def _format_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(_escape_cell(cell) for cell in line)} |\n" for line in lines)


def _escape_cell(content: object) -> str:
    return str(content).replace("|", "\\|")
