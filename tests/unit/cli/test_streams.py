"""What becomes of its output does not change what a command does, nor its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping

import pytest

from testbed.host.children import STARTER, of_this_process
from testbed.interpreter import own_code, own_program

# A command that says something on both streams and ends with a verdict.
COMMAND = """
import sys
from testbed.cli import main
def app():
    print("\\u2713 passed", flush=True)
    print("\\u2713 a step", file=sys.stderr, flush=True)
    print("the rest")
    sys.exit({code})
main.app = app
main.main()
"""


def ended(
    redirection: str, code: int = 0, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """The command under a shell that redirects its streams; `$@` is the command."""
    script = f'"$@" {redirection}'
    command = ["sh", "-c", script, "sh", *own_code(COMMAND.format(code=code))]
    return subprocess.run(
        command, capture_output=True, timeout=60, env={**os.environ, **environment}
    )


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize(
    "redirection",
    [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2> /dev/full", "> /dev/null"],
)
def test_streams_that_are_closed_or_full(redirection: str, code: int) -> None:
    assert ended(redirection, code).returncode == code


def test_output_that_somebody_waits_for_and_that_is_lost_is_said() -> None:
    for code in (0, 4):
        lost = ended("> /dev/full", code)
        assert (lost.returncode, b"No space left on device" in lost.stderr) == (code, True)


@pytest.mark.parametrize("code", [0, 3])
def test_a_reader_that_has_gone(code: int) -> None:
    script = '{ "$@"; echo $? >&3; } 2>&1 | true'
    command = ["sh", "-c", f"exec 3>&1; {script}", "sh", *own_code(COMMAND.format(code=code))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [str(code)]


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "en_US.ISO-8859-1"}, {"PYTHONIOENCODING": "ascii"}, {"LANG": "x"}],
)
@pytest.mark.parametrize("python", [("-I",), ("-I", "-X", "utf8"), ("-s",)])
def test_encodings_without_our_characters(
    environment: Mapping[str, str], python: tuple[str, ...]
) -> None:
    interpreter, *_, code = own_code(COMMAND.format(code=0))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    done = subprocess.run(
        [interpreter, *python, "-c", code],
        env={**kept, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", **environment},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert b"passed" in done.stdout and b"a step" in done.stderr


def test_no_path_and_no_width() -> None:
    for environment in ({}, {"PATH": "", "COLUMNS": "wide"}, {"COLUMNS": "-1"}):
        done = subprocess.run(
            own_program("testbed", "doctor"), env=environment, capture_output=True, timeout=120
        )
        assert done.returncode in (0, 4), done.stderr
        assert b"nftables" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_it_with_what_was_begun_put_back(number: signal.Signals) -> None:
    code = COMMAND.replace(
        "    sys.exit({code})",
        "    import signal\n    try:\n        print('begun', flush=True)\n        signal.pause()\n"
        "    finally:\n        print('put back', flush=True)",
    )
    with subprocess.Popen(own_code(code), stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert "begun\n" in process.stdout
        process.send_signal(number)
        out, said = process.communicate(timeout=30)
    assert (process.returncode, "put back" in out) == (128 + number, True), said
    assert "interrupted" in said


def test_a_command_ends_with_who_started_it() -> None:
    """The starter is killed: nobody is left to end its command."""
    script = own_code(
        "import os, subprocess, sys\n"
        "from testbed.host import children\n"
        "from testbed.interpreter import own_code\n"
        "code = 'import os, signal; from testbed.host.children import end_with_starter; '\n"
        "code += 'end_with_starter(os.environ); print(1, flush=True); signal.pause()'\n"
        "env = {**os.environ, **children.of_this_process()}\n"
        "subprocess.run(own_code(code), env=env)\n"
    )
    with subprocess.Popen(script, stdout=-1) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"1\n"
        starter.kill()
        assert starter.stdout.read() == b"", "the pipe closes: the command has ended, too"


def test_one_whose_starter_has_gone_does_not_begin() -> None:
    code = "import os; from testbed.host.children import end_with_starter; "
    code += "end_with_starter(os.environ); print('begun')"
    for starter, begun in ((str(os.getpid()), b"begun\n"), ("1", b"")):
        environment = {**os.environ, STARTER: starter}
        done = subprocess.run(own_code(code), env=environment, stdout=-1, timeout=30)
        assert done.stdout == begun
    assert of_this_process() == {STARTER: str(os.getpid())}
