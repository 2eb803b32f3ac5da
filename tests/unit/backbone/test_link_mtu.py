"""Which ports have another MTU than the plan's, also in a plan with a LAN."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from testbed.backbone import link_mtu
from tests.shipped_plans import shipped_plan


def test_a_changed_port_is_named_with_both_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = shipped_plan("rack")
    sizes = {port.interface: x.mtu for x in plan.links for port in (x.a, x.b)}
    (lan,) = plan.lans
    sizes[lan.port.interface] = lan.mtu
    monkeypatch.setattr(link_mtu, "in_netns", lambda _: nullcontext())
    monkeypatch.setattr(link_mtu, "_read", lambda _, interface: sizes[interface])
    assert list(link_mtu.resized(plan)) == []
    sizes["r1-r2"] = 1300
    (found,) = link_mtu.resized(plan)
    assert str(found) == "r1-r2 has MTU 1300 instead of 1500"
    sizes["r1-r2"] = 1500
    sizes[lan.port.interface] = 1280
    (found,) = link_mtu.resized(plan)
    assert str(found) == f"{lan.port.interface} has MTU 1280 instead of {lan.mtu}"
