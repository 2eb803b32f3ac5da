"""A supervisor that does not answer is an error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host import supervisor


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "SOCKET", str(tmp_path / "supervisor.sock"))


def test_is_not_ready() -> None:
    assert supervisor.Supervisor().ready() is False


def test_every_call_says_what_to_do() -> None:
    with pytest.raises(TestbedError, match="did not do getAllProcessInfo") as caught:
        supervisor.Supervisor().states()
    assert caught.value.exit_code == 1
    assert "down" in str(caught.value.fix)
    with pytest.raises(TestbedError):
        supervisor.Supervisor().restart("r1.zebra")
