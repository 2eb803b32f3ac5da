"""exec, shell, pods, links, logs: reaching into a running lab."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from testbed.host import frr
from testbed.host.wait import wait_for
from testbed.interpreter import own_code
from tests.integration.lab_driver import Lab
from tests.repository import ROOT
from tests.schemas import check_text

pytestmark = pytest.mark.root
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata:
  name: explained
spec:
  endpoint: worker2
  color: 94
  family: IPv4
  candidates:
    - segmentLists:
        - segments: [r1, worker2]
"""


def eventually(what: str, holds: Callable[[], bool]) -> None:
    wait_for(what, lambda: (holds() or None, "not yet"), timeout=30, interval=0.2)


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_exec_gives_the_remote_exit_code(basic: Lab, code: int) -> None:
    basic.run("exec", "worker1", "sh", "-c", f"exit {code}", expect=code)


def test_exec_gives_the_remote_signal_as_a_shell_does(basic: Lab) -> None:
    basic.run("exec", "r1", "sh", "-c", "kill -TERM $$", expect=128 + signal.SIGTERM)


def test_exec_passes_options_on(basic: Lab) -> None:
    assert basic.run("exec", "r1", "echo", "-n", "--help", "-x").stdout == "--help -x"
    assert basic.run("exec", "r1", "--", "echo", "-n", "a").stdout == "a"


def test_exec_is_on_the_node(basic: Lab) -> None:
    assert "worker1-r1" in basic.run("exec", "worker1", "ip", "link").stdout
    assert "eth0" in basic.run("exec", "pod-worker1", "ip", "link").stdout
    assert basic.run("exec", "master", "printenv", "TESTBED_NODE").stdout == "master\n"


@pytest.mark.parametrize("name", ["r1", "gobgp", "worker1", "pod-worker1"])
def test_what_runs_on_a_node_sees_the_interfaces_of_that_node_in_sysfs(
    basic: Lab, name: str
) -> None:
    links = json.loads(basic.run("exec", name, "ip", "-j", "link").stdout)
    devices = basic.run("exec", name, "ls", "/sys/class/net").stdout.split()
    devices = [d for d in devices if d != "bonding_masters"]  # a file of the bonding module
    assert sorted(devices) == sorted(link["ifname"] for link in links)
    groups = basic.run("exec", name, "ls", "/sys/fs/cgroup").stdout
    assert groups == basic.run("exec", "master", "sh", "-c", _GROUPS_OF_THE_LAB).stdout


# by the lab's supervisor, which is in no node's network namespace
_GROUPS_OF_THE_LAB = "ls /proc/1/root/sys/fs/cgroup"


def test_daemons_of_a_node_have_its_sysfs(basic: Lab) -> None:
    programs = basic.status()["programs"]
    for daemon in ("r1.zebra", "worker1.agent", "worker1.gobgpd", "gobgp.gobgpd"):
        pid = programs[daemon]["description"].removeprefix("pid ").partition(",")[0]
        seen = basic.run("exec", "worker2", "ls", f"/proc/{pid}/root/sys/class/net").stdout.split()
        node = daemon.partition(".")[0]
        links = json.loads(basic.run("exec", node, "ip", "-j", "link").stdout)
        assert set(seen) - {"bonding_masters"} == {link["ifname"] for link in links}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("doctor", ["doctor"]),
        ("ls", ["ls"]),
        ("status", ["status", "--probe"]),
        ("logs", ["logs"]),
        ("events", ["events"]),
        ("policy-list", ["policy", "list"]),
        ("policy-explain", ["policy", "explain", "--file", "POLICY"]),
        ("path", ["path", "pod-worker1", "pod-worker2", "-4"]),
        ("path", ["path", "pod-worker1", "pod-worker2", "--expect", "r1"]),
        ("run", ["run", "smoke"]),
        ("run-list", ["run", "--list"]),
        ("validate", ["validate", "basic"]),
        ("pod-list", ["pod", "list"]),
        ("artefacts-list", ["artefacts", "list"]),
        ("snapshot-list", ["snapshot", "list"]),
    ],
)
def test_what_is_printed_agrees_with_its_schema(
    basic: Lab, schema: str, words: list[str], tmp_path: Path
) -> None:
    state = {"TESTBED_STATE": str(tmp_path)}  # evidence of a run
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    words = [str(file) if word == "POLICY" else word for word in words]
    check_text(schema, basic.run(*words, "-o", "json", expect=None, **state).stdout)


def test_progress_agrees_with_its_schema(basic: Lab) -> None:
    check_text("progress", basic.run("up", "basic", "--progress", "json").stderr)


def test_exec_vtysh_talks_to_the_routers_own_daemons(basic: Lab) -> None:
    said = basic.run("exec", "r1", "vtysh", "-c", "show running-config").stdout
    assert "hostname r1" in said
    assert "router isis" in said


def test_routers_know_nothing_of_routers_of_the_host(basic: Lab) -> None:
    """mgmtd reads /etc/frr whatever it is told, and `write` in vtysh writes there."""
    assert basic.run("exec", "r1", "ls", "-A", "/etc/frr").stdout.split() == ["vtysh.conf"]
    before = {path: path.read_bytes() for path in Path("/etc/frr").iterdir()}
    said = basic.run("exec", "r1", "vtysh", "-c", "show running-config")
    assert "vtysh.conf" not in said.stdout + said.stderr
    basic.run("exec", "r1", "sh", "-c", "vtysh -c write; touch /etc/frr/frr.conf")
    assert {path: path.read_bytes() for path in Path("/etc/frr").iterdir()} == before
    logs = basic.run("exec", "r1", "ls", "/var/tmp/frr").stdout
    assert "zebra" in logs, "a directory that is not there proves nothing"
    assert not any(Path("/var/lib/frr").glob("r1*"))


def test_exec_gobgp_talks_to_the_nodes_own_daemon(basic: Lab) -> None:
    said = basic.run("exec", "worker1", "gobgp", "neighbor").stdout
    assert said.count("Establ") == 3


@pytest.mark.parametrize(
    ("node", "close"), [("woker1", "worker1"), ("r11", "r1"), ("podworke2", "pod-worker2")]
)
def test_exec_of_an_unknown_node_suggests(basic: Lab, node: str, close: str) -> None:
    assert f"did you mean '{close}'?" in basic.run("exec", node, "true", expect=2).stderr


def test_exec_of_no_program(basic: Lab) -> None:
    assert "no program 'nonesuch'" in basic.run("exec", "r1", "nonesuch", expect=127).stderr
    basic.run("exec", "r1", "/etc", expect=126)


def test_shell_runs_what_it_is_given(basic: Lab) -> None:
    done = subprocess.run(
        basic.command("shell", "r1"),
        env=basic.env(),
        input="vtysh -c 'show version' | head -1; exit 5\n",
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 5
    assert "FRRouting" in done.stdout


AS_STRANGER = """
import importlib, os, sys
for module in sys.argv[1].split(","):  # before the clone is out of reach
    importlib.import_module(module)
from testbed.cli.main import main
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.argv = ["testbed", *sys.argv[2:]]
main()
"""


def by_stranger(lab: Lab, modules: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of somebody who is not root; `modules` are those that it will import."""
    command = [*own_code(AS_STRANGER), modules, *words]
    return subprocess.run(command, env=lab.env(), capture_output=True, text=True, timeout=60)


def test_whoever_is_not_root_sees_which_labs_are_up(basic: Lab) -> None:
    modules = "testbed.cli.lifecycle,testbed.lab.summary"
    done = by_stranger(basic, modules, "ls", "-o", "json")
    assert not done.stderr
    found = {lab["name"]: lab for lab in json.loads(done.stdout)}
    assert (found[basic.name]["topology"], found[basic.name]["state"]) == ("basic", "up")


def test_whoever_is_not_root_sees_a_labs_topology(basic: Lab) -> None:
    modules = "testbed.lab.state,testbed.report.graph.drawing,testbed.topology.load"
    done = by_stranger(basic, modules, "graph", "-n", basic.name)
    seen = "root sees links that are down, shaped or used, and intents"
    assert done.stderr == f"note: drawn as planned; {seen}\n"
    assert done.stdout == basic.run("graph", "basic").stdout


def test_a_report_holds_what_a_reader_asks_for(basic: Lab, tmp_path: Path) -> None:
    basic.run("collect", "-o", str(tmp_path / "report.tar.gz"))
    with tarfile.open(tmp_path / "report.tar.gz") as archive:
        names = {name.removeprefix("report/") for name in archive.getnames()}
    wanted = {"plan.json", "status.json", "doctor.json", "environment.txt"}
    wanted |= {"observed/r1/routes-v6.txt", "observed/worker1/agent-status.json"}
    assert wanted <= names
    assert "incomplete.txt" not in names


def test_a_killed_command_leaves_nobody_in_the_lab(basic: Lab) -> None:
    mark = f"86{os.getpid()}"
    process = subprocess.Popen(
        basic.command("exec", "r1", "sh", "-c", f"echo on; exec sleep {mark}"),
        env=basic.env(),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    process.kill()
    process.wait()

    def gone() -> bool:
        return f"sleep {mark}" not in basic.run("exec", "r1", "ps", "-eo", "args").stdout

    eventually("the end of what was run", gone)


def test_a_signal_reaches_what_is_run(basic: Lab) -> None:
    """Ctrl-C comes from the terminal to all; `kill` reaches only the command, which forwards."""
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(
            basic.command("exec", "r1", "sh", "-c", "echo on; exec sleep infinity"),
            env=basic.env(),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        process.send_signal(number)
        assert process.wait(30) == 128 + number


def pod_names(lab: Lab) -> list[str]:
    return [p["name"] for p in json.loads(lab.run("pod", "list", "-f", "json").stdout)]


def answers(lab: Lab, address: str) -> bool:
    """The pod on the master reaches it."""
    ping = ("exec", "pod-master", "ping", "-c1", "-W1", address)
    return lab.run(*ping, expect=None).returncode == 0


def test_pods_come_and_go(basic: Lab) -> None:
    before = pod_names(basic)
    assert (
        "web on worker2: 172.16." in basic.run("pod", "create", "web", "--node", "worker2").stdout
    )
    assert pod_names(basic) == sorted([*before, "web"])
    target = next(p for p in basic.status()["pods"] if p["name"] == "web")
    for family in ("ipv4", "ipv6"):
        address = target[family].partition("/")[0]
        eventually(
            f"ping of {address}",
            partial(answers, basic, address),
        )
    assert (
        "pod 'web' exists" in basic.run("pod", "create", "web", "--node", "master", expect=2).stderr
    )
    basic.run("pod", "delete", "web")
    assert pod_names(basic) == before
    assert "no pod 'web'" in basic.run("pod", "delete", "web", expect=2).stderr
    assert basic.status()["problems"] == []


def test_pods_that_cannot_be(basic: Lab) -> None:
    before = pod_names(basic)
    said = basic.run("pod", "create", "x", "--node", "worker3", expect=2).stderr
    assert "did you mean 'worker" in said
    assert (
        "no cluster node 'r1'" in basic.run("pod", "create", "x", "--node", "r1", expect=2).stderr
    )
    for name in ("../x", "", "x" * 64, "-n"):
        basic.run("pod", "create", "--node", "worker1", "--", name, expect=2)
    for name in ("../plan", ""):
        basic.run("pod", "delete", "--", name, expect=2)
    assert pod_names(basic) == before


def test_a_pod_is_not_named_as_a_node(basic: Lab) -> None:
    said = basic.run("pod", "create", "worker1", "--node", "worker2", expect=2).stderr
    assert "'worker1' is a node of this lab" in said


def test_a_pod_whose_creation_was_killed_can_be_created(basic: Lab) -> None:
    basic.run("exec", "r1", "ip", "netns", "add", "pod-half")
    basic.run("pod", "create", "half", "--node", "worker1")
    basic.run("pod", "delete", "half")


def test_a_pod_that_failed_leaves_nothing(basic: Lab) -> None:
    """Its agent is stopped meanwhile: the namespace goes, and the name is free again."""
    basic.run("exec", "worker1", "sh", "-c", "mv /run/testbed/nodes/worker1/cni.sock /run/x.sock")
    try:
        said = basic.run("pod", "create", "late", "--node", "worker1", expect=1).stderr
        assert "CNI ADD on worker1 failed" in said
        assert "pod-late" not in basic.run("exec", "r1", "ip", "netns").stdout
    finally:
        basic.run(
            "exec", "worker1", "sh", "-c", "mv /run/x.sock /run/testbed/nodes/worker1/cni.sock"
        )
    basic.run("pod", "create", "late", "--node", "worker1")
    basic.run("pod", "delete", "late")


def test_a_link_is_cut_and_mended(basic: Lab) -> None:
    basic.run("link", "down", "worker1", "r1")
    said = basic.run("status", expect=1).stdout
    assert "r1-worker1 is down" in said
    basic.run("link", "up", "r1", "worker1")
    eventually("everything to be as wanted", lambda: basic.status()["problems"] == [])


def test_links_that_are_none(basic: Lab) -> None:
    said = basic.run("link", "down", "r1", "worker9", expect=2).stderr
    assert "did you mean 'worker2'?" in said
    basic.run("link", "set", "r1", "worker1", "--delay", "soon", expect=2)
    basic.run("link", "set", "r1", "worker1", "--loss", "101", expect=2)


def test_a_limit_stays_if_another_one_is_refused(basic: Lab) -> None:
    """By the rules, or by a kernel that lacks what it takes."""
    show = ("exec", "r1", "tc", "qdisc", "show", "dev", "r1-worker1")
    basic.run("exec", "r1", "tc", "qdisc", "add", *show[-2:], "root", "pfifo", "limit", "77")
    try:
        before = basic.run(*show).stdout
        assert "limit 77p" in before
        said = basic.run("link", "set", "r1", "worker1", "--bw", "2000", expect=2).stderr
        assert "a number from 0.001 to 1000 is needed" in said
        assert basic.run(*show).stdout == before
        done = basic.run("link", "set", "r1", "worker1", "--delay", "1ms", expect=None)
        assert ("limit 77p" in basic.run(*show).stdout) == (done.returncode != 0)
    finally:
        basic.run("link", "set", "r1", "worker1")
    assert "limit 77p" not in basic.run(*show).stdout


def test_a_path_is_drawn(basic: Lab, tmp_path: Path) -> None:
    picture = tmp_path / "path.svg"
    basic.run("path", "pod-worker1", "pod-worker2", "-4", "--svg", str(picture))
    assert "TE path pod-worker1 → pod-worker2" in picture.read_text()


def test_a_path_that_is_not_routed_says_that_nothing_was_sent(basic: Lab) -> None:
    """And what its word tells to type sends probes, which are lost."""
    ends = ("path", "gobgp", "pod-worker1", "-6")
    assert "no probe was sent; `--expect plain` sends some" in basic.run(*ends).stdout
    assert "FAIL" in basic.run(*ends, "--expect", "plain", expect=1).stdout


def test_logs(basic: Lab) -> None:
    listed = basic.run("logs").stdout
    assert "r1.isisd" in listed
    assert "worker1.agent" in listed
    basic.run("logs", "worker1.agent")
    assert "did you mean 'r1.isisd'?" in basic.run("logs", "r1.isid", expect=2).stderr
    said = basic.run("logs", "r1", expect=2).stderr
    run = [daemon.name for daemon in frr.installed() if daemon.runs != "bfd"]
    first, *others = sorted(f"r1.{name}" for name in run)
    assert f"{first}; also there: {', '.join(others)}" in said
    assert "no program" in basic.run("logs", "../../../etc/passwd", expect=2).stderr


def started(lab: Lab, *arguments: str) -> subprocess.Popen[str]:
    """A command that goes on until it is interrupted."""
    return subprocess.Popen(
        lab.command(*arguments),
        env=lab.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def children_of(pid: int) -> list[str]:
    """The names of the processes that a process has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{child}/comm").read_text().strip() for child in children]


def test_logs_follow_until_interrupted(basic: Lab) -> None:
    process = started(basic, "logs", "--follow", "r1.zebra")
    basic.run("exec", "r1", "sh", "-c", "echo a new line >>/run/testbed/logs/r1.zebra.log")
    assert process.stdout is not None
    for line in process.stdout:
        if "a new line" in line:
            break
    assert children_of(process.pid) == ["tail"]  # nobody in between, whose end could leave it
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def test_a_log_is_followed_over_a_rotation(basic: Lab) -> None:
    """Between the two files there is none, as when a supervisor rotates."""
    directory = "cd /run/testbed/logs; "
    basic.run("exec", "r1", "sh", "-c", directory + "echo before >rotated.log")
    process = started(basic, "logs", "--follow", "rotated")
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "before\n"
    basic.run("exec", "r1", "sh", "-c", directory + "mv rotated.log rotated.log.1")
    assert "inaccessible" in process.stderr.readline()
    basic.run("exec", "r1", "sh", "-c", directory + "echo after >rotated.log")
    assert process.stdout.readline() == "after\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    basic.run("exec", "r1", "sh", "-c", directory + "rm rotated.log rotated.log.1")


def test_events_are_followed_until_interrupted(basic: Lab) -> None:
    process = started(basic, "events", "--watch", "-o", "json")
    assert process.stdout is not None
    kinds = set[str]()
    for line in process.stdout:
        check_text("events", line)
        event = json.loads(line)
        kinds.add(event["kind"])
        if event["kind"] == "agent" and event["what"] == "ready" and event["node"] == "worker1":
            break
    basic.run("pod", "create", "told", "--node", "worker1")
    for line in process.stdout:
        event = json.loads(line)
        kinds.add(event["kind"])
        if event["kind"] == "pod" and event["what"].startswith("told "):
            break
    assert {"agent", "policy", "bgp"} <= kinds
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert process.stderr is not None
    assert process.stderr.read() == "interrupted\n"
    basic.run("pod", "delete", "told")


def test_events_end_when_nobody_reads_them(basic: Lab) -> None:
    command = basic.command("events", "--watch")
    script = f"{shlex.join(command)} | head -n 1"
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", script], env=basic.env(), stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None and process.stdout.readline()
    basic.run("pod", "create", "unread", "--node", "worker1")
    basic.run("pod", "delete", "unread")
    assert process.wait(30) == 0


def test_wait_ends_when_all_is_as_wanted_again_or_says_what_is_not(basic: Lab) -> None:
    basic.run("link", "down", "r1", "worker1")
    said = basic.run("wait", "--timeout", "1", expect=1).stderr
    assert "waited 1 s" in said and "r1-worker1" in said
    basic.run("link", "up", "r1", "worker1")
    assert basic.run("wait").stdout == "everything is as wanted\n"
