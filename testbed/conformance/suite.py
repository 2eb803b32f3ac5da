"""Runs the specs on a lab of their own, once per way of traffic engineering."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.artefacts import artefacts, program
from testbed.conformance import ginkgo
from testbed.conformance.lab import (
    cluster_nodes,
    lab_for_tests,
    packets_into_srv6,
    require_steered,
    steer,
)
from testbed.conformance.outcome import Outcome, Run
from testbed.conformance.selection import Selection, select
from testbed.errors import CheckFailed
from testbed.host.machine import machine
from testbed.host.progress import Progress
from testbed.host.run import run as run_program
from testbed.images.store.containerd import programs as containerd_programs
from testbed.interpreter import own_program

WAYS = {"none": "best effort", "configmap": "TE ConfigMaps"}  # of traffic engineering
PROCESSES = 6
LOG = "log.txt"
LIMIT = 2400.0  # seconds for one run, which takes some 5 minutes on 2 cores


@dataclass(frozen=True)
class Options:
    """`ways` are keys of WAYS; each has its directory in `evidence`, which the caller may write."""

    lab: str
    ways: Sequence[str]
    evidence: Path
    keep: bool = False


def run(options: Options, progress: Progress) -> Outcome:
    """The outcome for the page. Raises TestbedError if specs could not be run at all."""
    with progress.step("which specs there are"):
        selection = _select_specs(options.evidence / "specs.json")
    progress.note(f"{len(selection.wanted)} specs, in about 5 minutes each time")
    runs: list[Run] = []
    with lab_for_tests(options.lab, options.keep, progress):
        for way in options.ways:
            if way == "configmap":
                with progress.step("TE ConfigMaps in use on every head end"):
                    steer(options.lab)
            with progress.step(f"specs over SRv6: {WAYS[way]}"):
                runs.append(_one_run(way, options, selection))
            if way == "configmap":
                require_steered(options.lab)
    day = time.strftime("%Y-%m-%d")
    return Outcome(day, machine(), _read_versions(), selection, tuple(runs))


def _select_specs(report: Path) -> Selection:
    """The specs that e2e.test reports to have. Raises CheckFailed."""
    run_program(ginkgo.list_command(program("e2e.test"), report), timeout=300)
    selection = select(spec.name for spec in ginkgo.read_report(report.read_text()).specs)
    if not selection.wanted:
        raise CheckFailed("e2e.test has no spec of this kind", where=str(report))
    return selection


def _one_run(way: str, options: Options, selection: Selection) -> Run:
    directory = (options.evidence / way).resolve()
    e2e, kubectl, nodes = program("e2e.test"), program("kubectl"), len(cluster_nodes(options.lab))
    line = ginkgo.run_command(program("ginkgo"), e2e, kubectl, directory, PROCESSES, nodes)
    packets, begun = packets_into_srv6(options.lab), time.monotonic()
    _in_network(options.lab, line, directory / LOG)
    seconds = time.monotonic() - begun
    packets = packets_into_srv6(options.lab) - packets
    report = _report_in(directory)
    if not packets:
        raise CheckFailed("no packet of the tests crossed SRv6", where=str(directory))
    specs = ginkgo.judge(selection.wanted, report)
    return Run(WAYS[way], specs, seconds, packets, report.problems)


def _report_in(directory: Path) -> ginkgo.Report:
    try:
        return ginkgo.read_report((directory / ginkgo.REPORT).read_text())
    except FileNotFoundError:
        words = (directory / LOG).read_text(errors="replace").strip()[-1500:]
        raise CheckFailed("the run left no report", where=str(directory / LOG), why=words) from None


def _in_network(lab: str, line: Sequence[str], log: Path) -> None:
    """Run a command to its end where the API server and all nodes are reached.

    Its exit code says nothing: ginkgo calls a run a success in which specs skipped themselves.
    """
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with log.open("w") as output:
        process = subprocess.Popen(
            own_program("testbed", "in-network", "-n", lab, *line),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            output.write(f"\nno end after {LIMIT:g} s\n")
        finally:
            with suppress(ProcessLookupError):  # ginkgo's own processes are in its group
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _read_versions() -> dict[str, str]:
    found = {
        a.title: a.version for a in artefacts() if a.name in ("kubernetes", "coredns", "gobgp")
    }
    return {**found, "containerd": containerd_programs().version().split()[2]}
