"""Commands on machines: those of docs/vagrant.md, and those that only namespaces had seen.

Its name puts it between `test_killed.py`, which has labs of its own, and `test_machines.py`, which
takes the lab of this directory down.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from testbed.host.wait import wait_for
from tests.captured import captured, listening, packets_in
from tests.followed import BOX_BUILD, ENVIRONMENT, SHELL
from tests.repository import ROOT
from tests.schemas import check_text
from tests.vm.conftest import LIMIT, VirtualLab

pytestmark = pytest.mark.root

NODES = {"master", "worker1", "worker2"}
PATIENCE = 120  # seconds; each look at a machine is an SSH session in software emulation
POLICY = "scenarios/policies/worker2-via-r6-r8.yaml"


def words(command: str) -> list[str]:
    """The words behind `testbed` of a command of the page."""
    return shlex.split(command)[1:]


def test_a_box_that_is_there_is_not_built_again(lab: VirtualLab) -> None:
    directory = lab.run(*words(BOX_BUILD)).stdout.strip()
    shown = lab.run("box", "show", "-o", "json").stdout
    check_text("box-show", shown)
    assert json.loads(shown)["directory"] == directory


def test_a_shell_is_the_machines_own(lab: VirtualLab) -> None:
    said = lab.run(*words(SHELL), stdin="hostname\nexit 3\n", expect=3).stdout
    assert said.split() == ["worker1"]


def test_vagrant_is_in_the_shells_path(lab: VirtualLab) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{ENVIRONMENT} -c hostname"],
        env=lab.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for node in NODES:
        assert re.search(rf"^{node} +running", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.split()[-1] == "worker1", done.stdout + done.stderr


def test_verbose_says_how_a_machine_is_reached(lab: VirtualLab) -> None:
    plain, verbose = (lab.run(*v, "exec", "worker1", "hostname") for v in ((), ("-v",)))
    assert plain.stdout == verbose.stdout == "worker1\n"
    assert "+ " not in plain.stderr
    assert re.search(r"^\+ ssh .* hostname'$", verbose.stderr, re.MULTILINE), verbose.stderr


def test_all_is_well_also_if_it_is_measured(lab: VirtualLab) -> None:
    assert lab.run("wait").stdout == "everything is as wanted\n"
    measured = lab.run("status", "--probe").stdout
    assert re.search(r"and measured: (\d+) of \1 probes", measured), measured


def test_what_would_be_announced_is_not(lab: VirtualLab) -> None:
    said = lab.run("policy", "apply", "-f", POLICY, "--dry-run").stdout
    assert said == "to-worker2 announced <4, 94, fd12::1000> (dry run)\n"
    assert "there is none" in lab.run("policy", "delete", "to-worker2", expect=2).stderr


def test_events_of_machines(lab: VirtualLab) -> None:
    said = lab.run("events", "-o", "json").stdout
    check_text("events", said)
    events = [json.loads(line) for line in said.splitlines()]
    assert {event["node"] for event in events if event["kind"] == "pod"} >= NODES
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)


def test_a_report_has_what_machines_say(lab: VirtualLab, tmp_path: Path) -> None:
    lab.run("collect", "-o", str(tmp_path / "report.tar.gz"))
    with tarfile.open(tmp_path / "report.tar.gz") as archive:
        names = {name.removeprefix("report/") for name in archive.getnames()}
    assert {f"observed/{node}/agent-status.json" for node in NODES} <= names
    assert {"plan.json", "status.json", "observed/worker1/routes-v6.txt"} <= names
    assert "incomplete.txt" not in names


def test_a_machine_is_captured_into_a_file_here(lab: VirtualLab, tmp_path: Path) -> None:
    file = tmp_path / "worker1.pcap"
    with capturing(lab, tmp_path, 1, "worker1", "-i", "worker1-r3", "icmp6", "-w", str(file)):
        lab.run("exec", "r3", "ping", "-6", "-c", "1", "fd11::1000")
        wait_for("a packet", lambda: (packets_in(file) or None, "none"), PATIENCE, 0.5)


def test_machines_and_routers_are_captured_into_one_stream(lab: VirtualLab, tmp_path: Path) -> None:
    file = tmp_path / "all.pcapng"
    taps = ("worker1:worker1-r3", "worker2:worker2-r8")
    wanted = {*taps, "r3"}  # of the router any interface

    def probe() -> tuple[bool | None, str]:
        seen = captured(file)
        routers = {"r3" for name in seen if name.startswith("r3:")}
        return (wanted <= seen | routers or None), str(seen)

    with capturing(lab, tmp_path, 3, "r3", *taps, "icmp6", "-w", str(file)) as process:
        lab.run("exec", "worker1", "ping", "-6", "-c", "1", "fd12::1000")
        wait_for("packets of all three", probe, PATIENCE, 0.5)
    assert process.returncode == 0


def test_a_capture_started_in_a_terminal_is_whole(lab: VirtualLab, tmp_path: Path) -> None:
    file = tmp_path / "worker1.pcap"
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "rb") as terminal:
        arguments = ("worker1", "-i", "worker1-r3", "icmp6", "-w", str(file))
        with capturing(lab, tmp_path, 1, *arguments, stdin=terminal):
            lab.run("exec", "r3", "ping", "-6", "-c", "2", "fd11::1000")
            wait_for("four packets", lambda: (packets_in(file) >= 4 or None, "fewer"), PATIENCE)


def tcpdumps(lab: VirtualLab) -> str:
    """Those that run on worker1."""
    return lab.run("exec", "worker1", "pgrep", "-a", "tcpdump", expect=None).stdout


@contextmanager
def capturing(
    lab: VirtualLab,
    scratch: Path,
    taps: int,
    *arguments: str,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """The body runs once all tcpdumps listen; then Ctrl-C ends them, those in machines too."""
    words = scratch / "words"
    with words.open("w") as stderr:
        process = subprocess.Popen(
            lab.command("capture", *arguments),
            env=lab.environment(),
            stdin=stdin,
            stderr=stderr,
            cwd=ROOT,
        )
    try:
        wait_for("captures", lambda: listening(words.read_text(), taps), PATIENCE, 0.5)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    wait_for("no tcpdump", lambda: (not (left := tcpdumps(lab)) or None, left), PATIENCE, 0.5)
