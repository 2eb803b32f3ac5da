"""Whatever is raised: one readable error, its exit code, never a traceback on the screen."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from testbed.cli import main as command
from testbed.errors import CheckFailed, MachineUnfit, TestbedError
from tests.schemas import check, check_text


@pytest.fixture(autouse=True)
def own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command's handlers stay in this test: what is ignored is so for children, too."""
    before = {number: signal.getsignal(number) for number in command._ENDING}
    monkeypatch.setattr(command.Interrupted, "seen", False)
    monkeypatch.setattr(command.Interrupted, "signal", signal.SIGINT)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def outcome(
    raised: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Exit code and stderr of a command that raises."""

    def app() -> None:
        raise raised

    monkeypatch.setattr(command, "app", app)
    with pytest.raises(SystemExit) as ended:
        command.main()
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert isinstance(ended.value.code, int)
    return ended.value.code, err


def as_data(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """Exit code and stderr of the command itself."""
    monkeypatch.setattr("sys.argv", ["testbed", *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    out, err = capsys.readouterr()
    assert out == ""
    return ended.value.code, err


def test_who_asks_for_data_gets_errors_as_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = as_data(["schema", "statsu", "-o", "json"], monkeypatch, capsys)
    assert said.count("\n") == 1
    check_text("error", said)
    assert json.loads(said)["error"] == {
        "what": "no schema 'statsu'",
        "where": None,
        "why": None,
        "fix": "did you mean status?",
        "exit_code": code,
    }
    code, text = as_data(["schema", "statsu"], monkeypatch, capsys)
    assert (code, text) == (2, "error: no schema 'statsu'\n  fix: did you mean status?\n")
    _, said = as_data(["schema", "statsu", "-o", "yaml"], monkeypatch, capsys)
    check("error", YAML(typ="safe").load(said))
    monkeypatch.setenv("TESTBED_FORMAT", "json")
    _, said = as_data(["pod", "list", "-n", "no-such"], monkeypatch, capsys)
    check_text("error", said)
    assert json.loads(said)["error"]["fix"] == "testbed up -n no-such, or -n NAME for another lab"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["status", "--nope", "-o", "json"], "--nope"),
        (["status", "-ojson", "--nope"], "--nope"),
        (["status", "--format=json", "--nope"], "--nope"),
        (["up", "--progress", "json", "--nodes"], "--nodes"),
        (["statsu", "-o", "json"], "statsu"),
        (["path", "-o", "json"], "argument"),
        (["link", "nope", "-o", "json"], "nope"),
    ],
)
def test_options_that_are_not_understood_are_told_as_data_too(
    arguments: list[str],
    what: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said = as_data(arguments, monkeypatch, capsys)
    assert code == 2
    check_text("error", said)
    error = json.loads(said)["error"]
    assert what in error["what"].lower()
    assert error["exit_code"] == 2
    assert "--help` lists what it takes" in error["fix"]


def test_options_that_are_not_understood_follow_the_environment_and_yaml(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = as_data(["status", "--nope"], monkeypatch, capsys)
    assert code == 2 and "Usage:" in text
    code, text = as_data(["status", "--nope", "--", "-o", "json"], monkeypatch, capsys)
    assert code == 2 and "Usage:" in text
    monkeypatch.setenv("TESTBED_FORMAT", "json")
    _, said = as_data(["status", "--nope"], monkeypatch, capsys)
    check_text("error", said)
    code, said = as_data(["status", "--nope", "-o", "yaml"], monkeypatch, capsys)
    assert code == 2
    check("error", YAML(typ="safe").load(said))


def test_progress_as_data_ends_with_the_error_as_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["up", "no-such", "-n", "no-such", "--progress", "json"]
    monkeypatch.setattr("testbed.cli.lifecycle.need_root", lambda: None)
    code, said = as_data(arguments, monkeypatch, capsys)
    assert code == 2
    check_text("error", said.splitlines()[-1])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TestbedError("a", where="f.yaml:3", why="b", fix="c"), 2),
        (CheckFailed("a"), 1),
        (MachineUnfit("a"), 4),
        (TestbedError("a", exit_code=3), 3),
    ],
)
def test_foreseen_errors(
    error: TestbedError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert outcome(error, monkeypatch, capsys) == (code, f"error: {error}\n")


def test_the_systems_errors_name_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = PermissionError(13, "Permission denied", "/etc/shadow")
    code, said = outcome(error, monkeypatch, capsys)
    assert (code, said) == (1, "error: /etc/shadow: Permission denied\n")


def test_an_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(KeyboardInterrupt(), monkeypatch, capsys) == (130, "interrupted\n")
    assert outcome(command.Interrupted(), monkeypatch, capsys) == (130, "interrupted\n")


def test_an_unforeseen_error_goes_to_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))
    code, said = outcome(ZeroDivisionError("by nobody\nsecond line"), monkeypatch, capsys)
    (report,) = (tmp_path / "crashes").iterdir()
    assert code == 1
    assert said.startswith("error: unexpected ZeroDivisionError: by nobody\n")
    assert str(report) in said
    assert "second line" not in said
    assert "Traceback" in report.read_text()


@pytest.mark.parametrize("state", ["/proc/nowhere", "/dev/null"])
def test_a_report_that_cannot_be_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    monkeypatch.setenv("TESTBED_STATE", state)
    code, said = outcome(ValueError(""), monkeypatch, capsys)
    assert code == 1
    assert "unexpected ValueError: no message" in said
    assert "could not be kept" in said


def test_only_the_first_interrupt_counts() -> None:
    for number in command._ENDING:
        signal.signal(number, command._on_interrupt)
    with pytest.raises(command.Interrupted):
        os.kill(os.getpid(), signal.SIGINT)
    for number in command._ENDING:
        os.kill(os.getpid(), number)  # the clean-up goes on


def test_an_interrupt_that_a_library_reports_as_its_own_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.Interrupted, "seen", True)
    error = ValueError("Error calling function: Interrupted:")
    assert outcome(error, monkeypatch, capsys) == (130, "interrupted\n")
