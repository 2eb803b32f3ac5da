"""A supervisor that does not answer is an error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.supervisor import Place, Supervisor


@pytest.fixture
def nobody_listens(tmp_path: Path) -> Supervisor:
    return Supervisor(Place(tmp_path))


def test_is_not_ready(nobody_listens: Supervisor) -> None:
    assert nobody_listens.ready() is False


def test_every_call_says_what_to_do(nobody_listens: Supervisor) -> None:
    with pytest.raises(TestbedError, match="did not do getAllProcessInfo") as caught:
        nobody_listens.states()
    assert caught.value.exit_code == 1
    assert "down" in str(caught.value.fix)
    with pytest.raises(TestbedError):
        nobody_listens.start(["r1.zebra"])
