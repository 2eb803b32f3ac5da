"""--verbose: every program is said, once, on stderr, without secrets; and nothing without it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed.host import told
from testbed.host.run import in_netns, on_node
from testbed.host.supervisor import Place, Program, Supervisor
from testbed.lab.access.own_command import split_programs
from tests.repository import ROOT

TOKEN = "abcdef.0123456789abcdef"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["ip", "addr"], "+ ip addr"),
        (["sh", "-c", "echo 'a b'"], """+ sh -c 'echo '"'"'a b'"'"''"""),
        (["printf", "a\nb\x1b[2J"], r"+ printf $'a\nb\x1b[2J'"),
        (["x", ""], "+ x ''"),
        (["x", "it's\n\\"], r"+ x $'it\'s\n\\'"),
        (in_netns("r3", ["ip", "addr"]), "+ [r3] nsenter --net=/run/netns/r3 -- ip addr"),
        (["ip", "-n", "r3", "-j", "link"], "+ [r3] ip -n r3 -j link"),
        (["nsenter", "-t", "7", "-a", "--", "ip"], "+ nsenter -t 7 -a -- ip"),
        (["echo", "nsenter", "--net=/run/netns/r3"], "+ echo nsenter --net=/run/netns/r3"),
    ],
)
def test_a_program_is_one_line_that_a_shell_would_take(command: list[str], said: str) -> None:
    assert told.line(command) == said


def test_the_node_of_a_command_with_its_own_sys_is_named() -> None:
    assert told.line(on_node("r3", ["tcpdump"])).startswith("+ [r3] nsenter ")
    assert told.line(["ip", "addr"], "worker1") == "+ [worker1] ip addr"


@pytest.mark.parametrize(
    "command",
    [
        ["join", "--token", TOKEN],
        ["join", f"--token={TOKEN}"],
        ["join", TOKEN],
        ["x", "--registry-password", TOKEN],
        ["x", "--from-literal=password=" + TOKEN],
        ["env", f"REGISTRY_PASSWORD={TOKEN}", "x"],
        ["env", f"http_proxy=http://me:{TOKEN}@proxy:3128", "x"],
        ["curl", "-H", f"Authorization: Bearer {TOKEN}", "http://x"],
        ["sh", "-c", f"login --token {TOKEN}"],
        ["x", f"-----BEGIN PRIVATE KEY-----\n{TOKEN}"],
        ["mysql", "-password", "secret-word" + TOKEN],
    ],
)
def test_secrets_are_left_out(command: list[str]) -> None:
    assert TOKEN not in told.line(command)
    assert told.HIDDEN in told.line(command)


def test_what_is_no_secret_stays() -> None:
    command = ["ip", "-6", "addr", "add", "fd00::1/64", "dev", "tokens"]
    assert told.without_secrets(command) == command


STARTS = {
    "run": "run(['true', 'a b'])",
    "path": "subprocess.run([pathlib.Path('/bin/true'), b'a b'])",
    "text": "subprocess.run('true', shell=False)",
    "library": "subprocess.check_output(['true'])",
    "missing": "run(['no-such-program'])",
    "node": "exec(\"with told.on_node('w1'): run(['true'])\")",
    "named": "subprocess.run(['true'], env={'TESTBED_NODE': 'r3'})",
    "become": "become(['true'], {'PATH': '/no:/usr/bin:/bin', 'TESTBED_NODE': 'r3'})",
    "fork": "os.fork() and os.wait() or run(['true'])",
    "child": "subprocess.run([sys.executable, '-c', PROLOGUE + 'run([\"true\"])'])",
}
SAID = {
    "run": ["+ true 'a b'"],
    "path": ["+ /bin/true 'a b'"],
    "text": ["+ true"],
    "library": ["+ true"],
    "missing": ["+ no-such-program"],
    "node": ["+ [w1] true"],
    "named": ["+ [r3] true"],
    "become": ["+ [r3] true"],
    "fork": ["+ true"],
}
PROLOGUE = """
import os, pathlib, subprocess, sys
from testbed.host import told
from testbed.host.become import become
from testbed.host.run import run
told.tell_programs_if_asked()
"""


def run_script(start: str, verbose: bool) -> subprocess.CompletedProcess[str]:
    script = f"PROLOGUE = {PROLOGUE!r}\n{PROLOGUE}\n{start}"
    environment = {k: v for k, v in os.environ.items() if k != told.VARIABLE}
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**environment, **({told.VARIABLE: "1"} if verbose else {})},
    )


def said_programs(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith(told.MARK)]


@pytest.mark.parametrize("kind", SAID)
def test_each_start_is_said_once(kind: str) -> None:
    done = run_script(STARTS[kind], verbose=True)
    assert said_programs(done) == SAID[kind]
    assert done.stdout == ""


def test_a_program_of_the_testbed_says_what_it_starts_too() -> None:
    first, second = said_programs(run_script(STARTS["child"], verbose=True))
    assert first.startswith(f"+ {sys.executable} -c ") and second == "+ true"


@pytest.mark.parametrize("kind", STARTS)
def test_without_the_option_nothing_is_said(kind: str) -> None:
    done = run_script(STARTS[kind], verbose=False)
    assert said_programs(done) == [] and done.stdout == ""


def test_programs_start_only_in_ways_that_are_reported() -> None:
    """What Python reports is in told.py; SSH into guests has one place that says it."""
    sources = {file: file.read_text() for file in (ROOT / "testbed").rglob("*.py")}
    other = re.compile(r"\bos\.(system|popen|posix_spawnp?)\(|create_subprocess_|close_fds=False")
    assert [str(file) for file, text in sources.items() if other.search(text)] == []
    by_ssh = [
        str(f.name)
        for f, text in sources.items()
        for _ in re.findall(r"channel\.exec_command\(", text)
    ]
    assert by_ssh == ["ssh.py"]


def test_daemons_are_said_when_the_supervisor_is_given_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Place(tmp_path)
    place.programs.mkdir()
    supervisor = Supervisor(place)
    monkeypatch.setattr(supervisor, "_call_rpc", lambda *_: [[["new"], [], []]])
    monkeypatch.setattr(supervisor, "_call_each", lambda _: None)
    programs = [Program("new", "r3", ("zebra", "-N", "r3")), Program("known", "", ("isisd",))]
    supervisor.add(programs)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv(told.VARIABLE, "1")
    supervisor.add(programs)
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("+ [r3] nsenter --net=/run/netns/r3 -- ")
    assert said.err.endswith(" zebra -N r3\n") and said.err.count("\n") == 1


def test_an_error_of_an_own_command_is_told_from_what_it_ran(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stderr = "+ ip addr\nerror: no lab\n+ true\n"
    assert split_programs(stderr) == ("", stderr)
    monkeypatch.setenv(told.VARIABLE, "1")
    assert split_programs(stderr) == ("+ ip addr\n+ true\n", "error: no lab\n")


def run_testbed(arguments: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "testbed", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **more},
    )


VALIDATE = ("validate", "topologies/full.py")


@pytest.mark.parametrize(
    "arguments",
    [
        ("-v", *VALIDATE),
        ("--verbose", *VALIDATE),
        (*VALIDATE, "-v"),
        ("validate", "-v", VALIDATE[1]),
    ],
)
def test_the_option_stands_before_or_after_the_command(arguments: tuple[str, ...]) -> None:
    plain, verbose = run_testbed(VALIDATE), run_testbed(arguments)
    assert plain.returncode == verbose.returncode == 0
    assert plain.stdout == verbose.stdout
    evaluation = [x for x in verbose.stderr.splitlines() if "testbed.topology.evaluate_main" in x]
    assert len(evaluation) == 1 and evaluation[0].startswith(told.MARK)
    assert told.MARK not in plain.stderr


def test_the_variable_does_the_same_and_can_be_refused() -> None:
    assert "evaluate_main" in run_testbed(VALIDATE, TESTBED_VERBOSE="true").stderr
    assert "evaluate_main" not in run_testbed(VALIDATE, TESTBED_VERBOSE="0").stderr
