"""The script around a transfer over a veth pair, with an `ip` that enters no namespace."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from testbed.errors import CheckFailed, TestbedError
from testbed.evaluate.run.veth import execute, make
from testbed.providers.base import NodeHandle
from testbed.scenario.api.check import NotApplicable

# `ip netns exec NAME COMMAND…`; ss says that somebody listens once the server is there
_IP = """\
#!/bin/sh
shift 3
case $1 in
    iperf3) {server} ;;
    ss) [ -e {here}/server ] && echo LISTEN ;;
    *) exec "$@" ;;
esac
"""


class FakeNode:
    """Runs commands here, with this directory before all others in PATH."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def run(self, argv: Sequence[str], _stdin: Path | None = None) -> str:
        path = f"{self.directory}:{os.environ['PATH']}"
        done = subprocess.run(argv, capture_output=True, text=True, env={"PATH": path})
        if done.returncode:
            raise TestbedError(f"{argv} failed", why=done.stderr)
        return done.stdout


SERVES = "echo $$ > {here}/server; exec sleep 60"


def node(directory: Path, server: str = SERVES) -> NodeHandle:
    file = directory / "ip"
    file.write_text(_IP.format(here=directory, server=server.format(here=directory)))
    file.chmod(0o755)
    return cast(NodeHandle, FakeNode(directory))


def test_a_node_without_iperf3_has_no_pair(tmp_path: Path) -> None:
    with ExitStack() as undo, pytest.raises(NotApplicable, match="itself has no iperf3"):
        make(cast(NodeHandle, WithoutIperf3(tmp_path)), 1380, undo)


class WithoutIperf3(FakeNode):
    name = "worker1"

    def run(self, argv: Sequence[str], _stdin: Path | None = None) -> str:
        assert "command -v iperf3" in argv[-1], "nothing is done there"
        return ""


def test_the_client_is_heard_and_the_server_ends_with_it(tmp_path: Path) -> None:
    said = execute(node(tmp_path), ["echo", "some words"])
    assert said == "some words\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "server").read_text()), 0)


def test_a_server_that_does_not_start_is_named_without_the_script(tmp_path: Path) -> None:
    broken = node(tmp_path, "echo in use >&2; exit 1")
    with pytest.raises(CheckFailed) as failed:
        execute(broken, ["true"])
    assert "in use" in str(failed.value)
    assert "netns" not in str(failed.value)


def test_a_client_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed):
        execute(node(tmp_path), ["false"])
