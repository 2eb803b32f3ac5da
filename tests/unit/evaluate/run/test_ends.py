"""Pods between which is measured: made once, looked after when one of them is gone."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest

from testbed.evaluate.cases import BY_ID
from testbed.evaluate.run.ends import Builder, workers
from testbed.orchestrators.kubernetes import pods
from testbed.scenario import Testbed
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full")
SRV6 = BY_ID["pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream"]
CLIENT = "evaluate-srv6-client"


class FakeApi:
    """Objects by name; pods are ready at once."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.made: list[str] = []

    def get(self, document: Any) -> Any:
        return self.objects.get(document["metadata"]["name"])

    def apply(self, document: Any) -> None:
        name = document["metadata"]["name"]
        self.made.append(name)
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        self.objects[name] = {**document, "status": status}

    def delete(self, document: Any) -> None:
        self.objects.pop(document["metadata"]["name"], None)


class FakeLab:
    """As much of a Testbed as ends need."""

    def __init__(self) -> None:
        self.api = FakeApi()
        nodes = [PLAN.node(name) for name in ("master", "worker1", "worker2")]
        self.context = SimpleNamespace(present_nodes=lambda: nodes, undo=ExitStack())
        self.plan = PLAN
        self.kube = SimpleNamespace(api=self.api, families=lambda: (4,), kubectl=None)
        self.pods = SimpleNamespace(mtu=lambda _: 1284)

    def address(self, end: Any, family: int) -> str:
        return f"{getattr(end, 'name', end)}/{family}"

    def wait_for(self, what: str, probe: Any, *_: Any, **__: Any) -> None:
        assert probe()[0], what


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> FakeLab:
    lab = FakeLab()
    pod = lambda _plan, name: SimpleNamespace(name=name, netns=f"pod-{name}")  # noqa: E731
    monkeypatch.setattr(pods, "get", pod)
    delete = lambda _plan, name: lab.api.delete({"metadata": {"name": name}})  # noqa: E731
    monkeypatch.setattr(pods, "delete", delete)
    return lab


def builder(lab: FakeLab) -> Builder:
    return Builder(cast(Testbed, lab))


def test_two_workers_are_measured_between(lab: FakeLab) -> None:
    assert workers(cast(Testbed, lab)) == ("worker1", "worker2")


def test_ends_are_made_once(lab: FakeLab) -> None:
    made = builder(lab)
    assert made.ends(SRV6) is made.ends(SRV6)
    assert lab.api.made.count(CLIENT) == 1


@pytest.mark.parametrize("change", ["deleted", "evicted", "about to go"])
def test_a_pod_that_is_gone_is_made_anew(lab: FakeLab, change: str) -> None:
    made = builder(lab)
    before = made.ends(SRV6)
    if change == "deleted":
        del lab.api.objects[CLIENT]
    elif change == "evicted":
        lab.api.objects[CLIENT]["status"] = {"phase": "Failed", "reason": "Evicted"}
    else:
        lab.api.objects[CLIENT]["metadata"]["deletionTimestamp"] = "2026-11-26T12:00:00Z"
    assert made.ends(SRV6) is not before
    assert lab.api.objects[CLIENT]["status"]["phase"] == "Running"
    assert "deletionTimestamp" not in lab.api.objects[CLIENT]["metadata"]


def test_what_a_killed_run_left_is_used_or_replaced(lab: FakeLab) -> None:
    lab.api.objects[CLIENT] = {"metadata": {"name": CLIENT}, "status": {"phase": "Succeeded"}}
    builder(lab).ends(SRV6)
    assert lab.api.objects[CLIENT]["status"]["phase"] == "Running"


def test_all_of_it_goes_also_what_is_gone_already(lab: FakeLab) -> None:
    builder(lab).ends(SRV6)
    del lab.api.objects[CLIENT]
    lab.context.undo.close()
    assert lab.api.objects == {}


def test_the_smallest_mtu_is_that_of_all_ends(lab: FakeLab) -> None:
    made = builder(lab)
    assert made.smallest_mtu() == PLAN.pod_mtu
    lab.pods.mtu = lambda _: 1280
    made.ends(SRV6)
    assert made.smallest_mtu() == 1280
