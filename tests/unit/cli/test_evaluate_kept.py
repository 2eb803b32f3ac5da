"""An evaluation that does not reach its end: what is said of what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.cli.evaluate import _kept
from testbed.cli.main import Interrupted
from testbed.errors import TestbedError
from testbed.evaluate import store
from testbed.evaluate.run.run import SAMPLES
from tests.unit.evaluate.samples import sample


@pytest.mark.parametrize("error", [TestbedError("no"), Interrupted(), OSError(28, "no space")])
def test_what_was_measured_is_kept_and_it_is_said_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    with pytest.raises(type(error)), _kept(tmp_path):
        store.append(tmp_path / SAMPLES, sample())
        raise error
    assert capsys.readouterr().err == (
        f"what was measured is kept: the same command with --out {tmp_path} goes on there\n"
    )
    assert store.read(tmp_path / SAMPLES).samples == (sample(),)


def test_nothing_is_said_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TestbedError), _kept(tmp_path / "new"):
        raise TestbedError("no")
    with _kept(tmp_path):
        store.append(tmp_path / SAMPLES, sample())
    assert capsys.readouterr().err == ""
