"""A topology with micro SIDs is refused on a kernel that has none; no other is."""

from __future__ import annotations

import pytest

from testbed.doctor import kernel, preflight
from testbed.doctor.kernel import Feature
from testbed.doctor.verdict import Verdict
from testbed.errors import MachineUnfit
from tests.shipped_plans import shipped_plan


def without(feature: Feature) -> Verdict:
    return Verdict(feature.name, feature.without, feature.consequence, feature.fix)


def test_it_is_refused_where_the_kernel_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_try_feature", without)
    preflight.plan_preflight(shipped_plan("full"))
    with pytest.raises(MachineUnfit) as caught:
        preflight.plan_preflight(shipped_plan("full", encoding="usid"))
    assert "micro SIDs (NEXT-C-SID) topologies with encoding usid" in str(caught.value.why)
    assert "Linux 6.6" in str(caught.value.fix)


def test_where_it_has_them_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_try_feature", lambda f: Verdict(f.name, "ok", "tried"))
    assert preflight.plan_preflight(shipped_plan("full", encoding="usid")) == []
