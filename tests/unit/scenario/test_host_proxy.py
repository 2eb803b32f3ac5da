"""A process outside of a lab runs commands there, and says why one failed."""

from __future__ import annotations

import pytest

from testbed import __version__
from testbed.errors import TestbedError
from testbed.scenario.clients.host_proxy import HostProxy


def test_commands_run_outside() -> None:
    proxy = HostProxy()
    assert __version__ in proxy.testbed("any", "--version")
    with pytest.raises(TestbedError) as raised:
        proxy.testbed("any", "validate", "no-such-topology")
    assert "no-such-topology" in str(raised.value)
    assert __version__ in proxy.testbed("any", "--version"), "a failure ends nothing"
