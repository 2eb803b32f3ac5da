"""Whatever is killed, whenever: `down` leaves the machine as it was before `up`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from testbed.host.lab_init_main import netns_inode, start_time
from tests.fuzz import stride
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox
from tests.repository import ROOT


def identity(pid: int) -> dict[str, int]:
    return {"started": start_time(pid), "netns": netns_inode(pid)}


pytestmark = pytest.mark.root

TWO_ROUTERS = ("up", "grid", "--set", "rows=1", "--set", "columns=2")


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> dict[str, list[str]]:
    """The sandbox before the first lab."""
    return sandbox.snapshot()


def test_up_and_down_leave_nothing(boxed: Lab, before: dict[str, list[str]]) -> None:
    boxed.run("up", "basic")
    during = boxed.box.snapshot()
    assert during["processes"] != before["processes"], "a blind snapshot proves nothing"
    assert during["ip link"] == before["ip link"], "all interfaces are inside the lab"
    assert during["sysctls"] == before["sysctls"]
    boxed.run("down")
    boxed.box.wait_until_like(before)
    boxed.run("down")  # nothing to do is no error
    boxed.box.wait_until_like(before)


def line_number(wanted: int) -> Callable[[int, str], bool]:
    """Holds for the line of this number."""
    return lambda number, _: number == wanted


def lines_of(boxed: Lab, *arguments: str) -> int:
    count = len(boxed.run(*arguments).stderr.splitlines())
    boxed.run("down")
    return count


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["SIGINT", "SIGKILL"])
def test_up_signalled_after_each_step(
    boxed: Lab, before: dict[str, list[str]], number: signal.Signals
) -> None:
    """After step 1, then 2, ...; some are continued before they are taken down."""
    steps = lines_of(boxed, *TWO_ROUTERS)
    assert steps >= 5
    for step in range(1, steps):
        code, said = boxed.signalled(number, line_number(step), *TWO_ROUTERS)
        assert "Traceback" not in said
        if number is signal.SIGINT:
            assert code == 130, said
            assert "interrupted" in said
        if number is signal.SIGKILL and step % 2:
            boxed.run(*TWO_ROUTERS)
            assert boxed.status()["problems"] == []
        boxed.run("down")
        boxed.box.wait_until_like(before)


def test_up_of_a_cluster_killed_while_it_waits(boxed: Lab, before: dict[str, list[str]]) -> None:
    code, _ = boxed.signalled(
        signal.SIGKILL, lambda _, line: "IS-IS converged" in line, "up", "basic"
    )
    assert code in (-signal.SIGKILL, 128 + signal.SIGKILL)
    boxed.run("up", "basic")
    assert boxed.status()["problems"] == []
    boxed.run("down")
    boxed.box.wait_until_like(before)


def test_up_killed_at_its_actions(boxed: Lab, before: dict[str, list[str]]) -> None:
    """Actions, not steps: between any two system calls that change something.

    `make fuzz` takes each of them, `make test` each ninth.
    """
    total = boxed.actions_of(*TWO_ROUTERS)
    boxed.run("down")
    assert total > 20
    for action in range(1, total + 1, stride(9)):
        # Waits poll more or less often: the last actions may lie behind this run's end.
        reached = boxed.killed_at(action, *TWO_ROUTERS) != 0
        assert reached or action > total // 2, f"action {action} was never reached"
        boxed.run("down")
        boxed.box.wait_until_like(before)


@pytest.mark.night
def test_down_killed_at_each_action(boxed: Lab, before: dict[str, list[str]]) -> None:
    action, code = 0, 1
    while code != 0:
        action += 1
        boxed.signalled(signal.SIGKILL, lambda _, line: "namespaces" in line, *TWO_ROUTERS)
        code = boxed.killed_at(action, "down")
        boxed.run("down")
        boxed.box.wait_until_like(before)
    assert action > 3


def test_init_killed(boxed: Lab, before: dict[str, list[str]]) -> None:
    boxed.run(*TWO_ROUTERS)
    boxed.kill_init()
    assert "is not up" in boxed.run("status", expect=2).stderr
    assert "dead" in boxed.run("ls", "-f", "json").stdout
    boxed.run(*TWO_ROUTERS)  # from nothing
    assert boxed.status()["problems"] == []
    boxed.kill_init()
    boxed.run("down")
    boxed.box.wait_until_like(before)


@pytest.mark.parametrize("wrong", ["started", "netns"])
def test_after_a_reboot_the_pid_is_somebody_elses(
    boxed: Lab, before: dict[str, list[str]], wrong: str
) -> None:
    """The record names a stranger: it lives on, and what the lab had is removed."""
    stranger = boxed.box.bystander("sleep", "infinity")
    try:
        record = {"pid": stranger.inside, **identity(stranger.outside)}
        record[wrong] += 1
        boxed.directory.mkdir(parents=True)
        (boxed.directory / "init.json").write_text(json.dumps(record))
        assert "is not up" in boxed.run("status", expect=2).stderr
        boxed.run("down")
        assert stranger.lives()
    finally:
        stranger.end()
    boxed.box.wait_until_like(before)


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "\x00\xff", "7"])
def test_a_damaged_record_is_no_record(
    boxed: Lab, before: dict[str, list[str]], record: str
) -> None:
    boxed.directory.mkdir(parents=True)
    (boxed.directory / "init.json").write_bytes(record.encode("latin-1"))
    (boxed.directory / "plan.json").write_text(record[:1])
    boxed.run("ls")
    boxed.run("down")
    boxed.box.wait_until_like(before)


def test_a_starter_that_ends_before_the_record_leaves_no_init(
    boxed: Lab, before: dict[str, list[str]]
) -> None:
    """An init that nobody could find again must not live."""
    record = f"/run/testbed/{boxed.name}/absent/init.json"  # ends the starter where it writes
    stays_up = "[supervisord]\n"
    starter = boxed.box.inside(
        sys.executable, "-B", "-m", "testbed.host.lab_init_main", record, "lab", stays_up, ""
    )
    done = subprocess.run(starter, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=30)
    assert "absent" in done.stderr
    boxed.box.wait_until_like(before)


def test_the_starter_waits_until_the_init_has_all_its_own(
    boxed: Lab, before: dict[str, list[str]]
) -> None:
    """Who entered earlier would write into the host's /run: a half-made init is no init."""
    boxed.directory.mkdir(parents=True)
    record = f"/run/testbed/{boxed.name}/init.json"
    too_long = 80 * "x"  # for a host name: the init ends when it is on record already
    starter = boxed.box.inside(
        sys.executable, "-B", "-m", "testbed.host.lab_init_main", record, too_long, "", ""
    )
    done = subprocess.run(starter, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=30)
    assert (boxed.directory / "init.json").exists()
    assert done.returncode == 1, "it called a half-made init ready"
    assert "sethostname" in done.stderr
    boxed.run("down")
    boxed.box.wait_until_like(before)
