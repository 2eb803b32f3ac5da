"""up, again, repaired, changed, beside another: as a user does it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name

pytestmark = pytest.mark.root

LINE = ("--set", "rows=1", "--set", "columns=2")


def pids(lab: Lab) -> dict[str, int]:
    """Of every program of the lab, as seen inside."""
    found = {}
    for name, program in lab.status()["programs"].items():
        match = re.match(r"pid (\d+),", program["description"])
        assert match, f"{name}: {program}"
        found[name] = int(match[1])
    return found


def kill(lab: Lab, *programs: str) -> None:
    """kill -9 of programs, all at once."""
    numbers = pids(lab)
    lab.run("exec", "r1", "kill", "-9", *(str(numbers[name]) for name in programs))


@pytest.fixture
def other() -> Iterator[Lab]:
    """A lab beside the shared one: two routers, no cluster."""
    lab = Lab(lab_name("other"), None)
    try:
        yield lab
    finally:
        lab.run("down")


def test_everything_is_as_wanted(basic: Lab) -> None:
    status = basic.status()
    assert status["problems"] == []
    assert {pod["node"] for pod in status["pods"]} == {"master", "worker1", "worker2"}
    assert "Everything is as wanted" in basic.run("status").stdout


def test_a_loss_that_nobody_reports_is_measured(basic: Lab) -> None:
    """A route that nobody asked for: no program sees it, the packets do."""
    assert "and measured: 12 of 12 probes" in basic.run("status", "--probe").stdout
    assert basic.status()["measured"] is None
    sid = basic.status()["nodes"]["worker2"]["local_sids"]["dt4"]
    basic.run("exec", "r1", "ip", "-6", "route", "add", "blackhole", f"{sid}/128")
    assert basic.run("status").returncode == 0
    measured = basic.run("status", "--probe", expect=1)
    assert "no probe arrives: pod-worker1 → pod-worker2, IPv4" in measured.stdout
    assert "Measured: 10 of 12 probes" in measured.stdout
    up = basic.run("up", "basic", expect=1)
    assert "no probe arrives: pod-" in up.stderr
    basic.run("exec", "r1", "ip", "-6", "route", "del", "blackhole", f"{sid}/128")
    assert "probe from node to node" in basic.run("up", "basic").stderr


def test_up_again_changes_nothing(basic: Lab) -> None:
    before = pids(basic)
    basic.run("up", "basic")
    assert pids(basic) == before


def test_up_repairs_what_died(basic: Lab) -> None:
    dead = ["r1.zebra", "r1.isisd", "worker1.gobgpd", "worker2.agent", "gobgp.gobgpd"]
    before = pids(basic)
    kill(basic, *dead)
    basic.run("up", "basic")
    after = pids(basic)
    assert basic.run("status").returncode == 0
    assert all(after[name] != before[name] for name in dead)
    alive = set(before) - set(dead) - {"r1.bgpd"}  # which begins anew with its zebra
    assert {name: after[name] for name in alive} == {name: before[name] for name in alive}


def test_a_killed_agent_takes_its_node_back_as_it_was(basic: Lab) -> None:
    """Blocks, SIDs and pods are durable: a new agent must not choose others."""

    def identity() -> list[object]:
        nodes = basic.status()["nodes"]
        return [(n["blocks"], n["local_sids"], n["pods"]) for n in nodes.values()]

    before = identity()
    kill(basic, "master.agent", "worker1.agent", "worker2.agent")
    basic.run("up", "basic")
    assert identity() == before


def test_a_killed_zebra_gets_its_routes_back(other: Lab) -> None:
    """isisd would keep them to itself, so it is to start anew as well."""
    other.run("up", "grid", *LINE)
    before = pids(other)
    kill(other, "r1.zebra")
    other.run("up", "grid", *LINE)
    assert other.status()["problems"] == []
    changed = {name for name, pid in pids(other).items() if pid != before[name]}
    assert changed == {"r1.zebra", "r1.isisd"}


def test_a_broken_network_is_rebuilt(other: Lab) -> None:
    other.run("up", "grid", *LINE)
    other.run("exec", "r1", "ip", "link", "delete", "r1-r2")
    said = other.run("status", expect=1).stdout
    assert "r1-r2" in said
    other.run("up", "grid", *LINE)
    assert other.status()["problems"] == []


def test_another_plan_is_refused_with_its_differences(other: Lab) -> None:
    other.run("up", "grid", *LINE)
    said = other.run("up", "grid", "--set", "rows=1", "--set", "columns=3", expect=2).stderr
    assert "is up with another plan" in said
    assert "node r3 is new" in said
    assert "--recreate" in said
    assert other.status()["routers"] == ["r1", "r2"], "the old lab is still there"
    said = other.run("up", "grid", *LINE, "--profile", "paper", expect=2).stderr
    assert "profile: fast → paper" in said
    other.run("up", "grid", "--set", "rows=1", "--set", "columns=3", "--recreate")
    assert other.status()["routers"] == ["r1", "r2", "r3"]


def test_labs_side_by_side_do_not_disturb_each_other(basic: Lab, other: Lab) -> None:
    before = pids(basic)
    other.run("up", "grid", *LINE)
    kill(other, "r1.zebra", "r2.isisd")
    other.run("up", "grid", *LINE)
    assert other.status()["problems"] == []
    listed = basic.run("ls").stdout
    assert basic.name in listed
    assert other.name in listed
    other.run("down")
    assert pids(basic) == before
    assert basic.status()["problems"] == []


def test_one_change_at_a_time(other: Lab) -> None:
    """A second `up` of the same name does not join in; `down` says so after its patience."""
    other.directory.mkdir(parents=True)
    holder = subprocess.Popen(
        ["flock", "--no-fork", str(other.directory), "sh", "-c", "echo held; exec sleep infinity"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for command in (("up", "grid", *LINE), ("down",)):
            assert "is being changed by another" in other.run(*command, expect=2).stderr
    finally:
        holder.kill()
        holder.wait()


def test_down_leaves_no_trace_of_the_name(other: Lab) -> None:
    other.run("up", "grid", *LINE)
    assert traces(other.name), "a blind search proves nothing"
    other.run("down")
    assert traces(other.name) == []


def traces(name: str) -> list[str]:
    """Where the real machine shows a lab's name."""
    commands = (
        ["ls", "-A", "/run/testbed", "/run/netns", "/run/frr", "/tmp", "/dev/shm"],
        ["ip", "link"],
        ["ip", "netns", "list"],
        ["cat", "/proc/mounts"],
        ["find", "/sys/fs/cgroup", "-type", "d"],
        ["ps", "-eo", "args"],
    )
    said = [subprocess.run(c, capture_output=True, text=True, check=False).stdout for c in commands]
    return [line for text in said for line in text.splitlines() if name in line]
