"""What is not needed is not imported: scipy takes as long as all of `--help` may."""

from __future__ import annotations

import subprocess

import pytest

from testbed.interpreter import own_code

NO_STATISTICS = (
    *("cases", "overhead", "run.run", "sample", "schedule", "selector", "settings", "store"),
)


@pytest.mark.parametrize("module", ["cli.main", *(f"evaluate.{name}" for name in NO_STATISTICS)])
def test_no_scipy_without_statistics(module: str) -> None:
    code = f"import sys, testbed.{module}; print({{'numpy', 'scipy'}} & set(sys.modules))"
    done = subprocess.run(own_code(code), capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_no_plan_without_a_lab() -> None:
    """The plan's models take as long to be made as all else of `--help`."""
    code = (
        "import sys, testbed.cli.main; print({'testbed.plan.model', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run(own_code(code), capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
