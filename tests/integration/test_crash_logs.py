"""FRR's directories for crash logs are the lab's own: none is left on the host."""

from __future__ import annotations

import pytest

from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox

pytestmark = pytest.mark.root

LIST = "ls -A /var/tmp/frr 2> /dev/null || true"


def test_routers_leave_nothing_in_var_tmp(boxed: Lab, sandbox: Sandbox) -> None:
    before = sandbox.do(LIST)
    boxed.run("up", "grid", "--set", "rows=1", "--set", "columns=2")
    assert ".isisd" in boxed.run("logs").stdout, "no daemon was tried"
    assert sandbox.do(LIST) == before
