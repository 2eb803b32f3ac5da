"""Who stays outside of a lab runs commands there, and says why one failed."""

from __future__ import annotations

import pytest

from testbed import __version__
from testbed.errors import TestbedError
from testbed.scenario.clients.host_proxy import Outside


def test_commands_run_outside() -> None:
    outside = Outside()
    assert __version__ in outside.testbed("any", "--version")
    with pytest.raises(TestbedError) as raised:
        outside.testbed("any", "validate", "no-such-topology")
    assert "no-such-topology" in str(raised.value)
    assert __version__ in outside.testbed("any", "--version"), "a failure ends nothing"
