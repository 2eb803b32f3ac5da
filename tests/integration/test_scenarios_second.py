"""The other half of the shipped scenarios passes on this machine, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.scenario_runs import half, refuse_failure, run_half

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_half(1, tmp_path_factory.mktemp("second"))


@pytest.mark.parametrize("name", half(1))
def test_scenario_passes(evidence: Path, name: str) -> None:
    refuse_failure(evidence, name)
