"""Policies at the injector: what an applied file adds, replaces and takes back, and for whom."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.lab import policies
from testbed.plan.identifiers import bgp_identifiers
from testbed.plan.model import Plan
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.model import SRPolicy
from testbed.te.load import load_policy_file
from testbed.topology.load import load_plan
from tests.shipped_plans import shipped_plan

OWN = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: %(name)s}
spec:
  endpoint: worker2
  color: %(color)d
  family: IPv4
  candidates:
"""
CANDIDATE = "    - {discriminator: %d, segmentLists: [{segments: [r6, worker2]}]}\n"
INJECTORS = """\
nlri: {distinguisher: 6, color: 96, endpoint: "fd12::1000"}
segmentlist:
  segments: [{sid: "fcff:6::1"}, {sid: "fcdd::12aa:d460:b250:45:%s"}]
"""
GONE = 'nlri: {distinguisher: 6, color: 96, endpoint: "fd12::1000"}\niswithdraw: true\n'


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(policies, "NODES", tmp_path / "nodes")
    plan = shipped_plan("full")
    policies.store(plan).mkdir(parents=True)
    return plan


def own(*discriminators: int, name: str = "mine", color: int = 30) -> str:
    candidates = "".join(CANDIDATE % number for number in discriminators)
    return OWN % {"name": name, "color": color} + candidates


def by_injector(family: int) -> str:
    tail, behavior = {4: ("b04", 19), 6: ("b05", 18)}[family]
    return (INJECTORS % tail).replace(f'{tail}"', f'{tail}", behavior: {behavior}')


def changes(plan: Plan, tmp_path: Path, text: str, file: str = "p.yaml") -> list[PolicyChange]:
    (tmp_path / file).write_text(text)
    return load_policy_file(plan, tmp_path / file)[0]


def apply(plan: Plan, tmp_path: Path, text: str, file: str = "p.yaml") -> list[str]:
    return [str(o) for o in policies.inject(plan, changes(plan, tmp_path, text, file))]


def there(plan: Plan) -> list[tuple[str, int, int]]:
    found = policies.injected(plan)
    return sorted((p.name, p.color, p.distinguisher) for p in found)


def test_an_edited_file_takes_back_what_it_does_not_have_any_more(
    plan: Plan, tmp_path: Path
) -> None:
    assert apply(plan, tmp_path, own(1, 2)) == [
        "mine announced <1, 30, fd12::1000>",
        "mine announced <2, 30, fd12::1000>",
    ]
    apply(plan, tmp_path, own(1, name="other", color=31), "other.yaml")
    assert apply(plan, tmp_path, own(2)) == [
        "mine announced <2, 30, fd12::1000>",
        "mine withdrawn <1, 30, fd12::1000>: p.yaml does not have it",
    ]
    assert there(plan) == [("mine", 30, 2), ("other", 31, 1)]
    assert apply(plan, tmp_path, own(2, color=33)) == [
        "mine announced <2, 33, fd12::1000>",
        "mine withdrawn <2, 30, fd12::1000>: p.yaml does not have it",
    ]
    assert there(plan) == [("mine", 33, 2), ("other", 31, 1)]


def test_the_new_is_announced_before_the_old_goes(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(plan, tmp_path, own(1))
    seen: list[list[tuple[str, int, int]]] = []
    real = policies.remove

    def spy(plan: Plan, gone: list[SRPolicy]) -> None:
        seen.append(there(plan))
        real(plan, gone)

    monkeypatch.setattr(policies, "remove", spy)
    apply(plan, tmp_path, own(2))
    assert seen == [[("mine", 30, 1), ("mine", 30, 2)]]
    assert there(plan) == [("mine", 30, 2)]


def test_a_file_that_cannot_be_announced_changes_nothing(plan: Plan, tmp_path: Path) -> None:
    apply(plan, tmp_path, own(1))
    text = own(2).replace("  family", "  headEnds: [r6]\n  family")
    (tmp_path / "p.yaml").write_text(text)
    forced = load_policy_file(plan, tmp_path / "p.yaml", force=True)[0]
    with pytest.raises(TestbedError, match="'r6' is no head end") as caught:
        policies.inject(plan, forced)
    assert caught.value.where == "p.yaml:10"
    assert there(plan) == [("mine", 30, 1)]


def test_what_replaces_another_policy_says_so(plan: Plan, tmp_path: Path) -> None:
    """One NLRI carries one policy: the IPv6 one takes the place of the IPv4 one."""
    apply(plan, tmp_path, by_injector(4), "v4.yaml")
    name = "fd12::1000-96-6"
    assert apply(plan, tmp_path, by_injector(4), "v4.yaml") == [
        f"{name} announced <6, 96, fd12::1000>"
    ]
    assert apply(plan, tmp_path, by_injector(6), "v6.yaml") == [
        f"{name} announced <6, 96, fd12::1000>: replaces {name} of v4.yaml, which steered IPv4"
    ]
    assert apply(plan, tmp_path, own(6, color=96)) == [
        f"mine announced <6, 96, fd12::1000>: replaces {name} of v6.yaml, which steered IPv6"
    ]
    assert there(plan) == [("mine", 96, 6)]


def test_withdrawing_what_is_not_there_says_so(plan: Plan, tmp_path: Path) -> None:
    name = "fd12::1000-96-6"
    assert apply(plan, tmp_path, GONE) == [
        f"{name} not announced <6, 96, fd12::1000>: nothing to withdraw"
    ]
    apply(plan, tmp_path, by_injector(4))
    assert apply(plan, tmp_path, GONE) == [f"{name} withdrawn <6, 96, fd12::1000>"]
    assert there(plan) == []


def test_a_bad_file_of_another_policy_is_in_nobodys_way(plan: Plan, tmp_path: Path) -> None:
    bad = policies.store(plan) / "1.2.3.json"
    bad.write_text("{")
    assert apply(plan, tmp_path, own(1)) == ["mine announced <1, 30, fd12::1000>"]
    assert [policy.name for policy in policies.select(plan, ["mine"], every=False)] == ["mine"]
    policies.withdraw(plan, [policy.key for policy in policies.select(plan, [], every=True)])
    assert policies.discard_unreadable(plan) == [bad]
    assert list(policies.store(plan).iterdir()) == []


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        (by_injector(4) + "---\n" + by_injector(6), "line 1", "p.yaml:5"),
        (own(1) + "---\n" + own(1, name="six"), "line 9", "p.yaml:19"),
        (own(1) + "---\n" + own(2), "line 9", "p.yaml:19"),
    ],
)
def test_one_file_names_each_policy_once(
    plan: Plan, tmp_path: Path, text: str, first: str, second: str
) -> None:
    with pytest.raises(TestbedError) as caught:
        changes(plan, tmp_path, text)
    assert caught.value.where == second
    assert caught.value.why and f"first on {first}" in caught.value.why


def test_colour_0_is_refused(plan: Plan, tmp_path: Path) -> None:
    for text in (own(1, color=0), by_injector(4).replace("color: 96", "color: 0")):
        with pytest.raises(TestbedError, match="colour 0"):
            changes(plan, tmp_path, text)
        fixed = text.replace("color: 0", "color: 100")
        assert len(changes(plan, tmp_path, fixed)) == 1


V6_ONLY = """\
from testbed.topology import LabTopo


class V6Only(LabTopo):
    pods_v4 = None

    def build(self, **options: object) -> None:
        self.addRouters("r1", "r2")
        self.addLink("r1", "r2")
        for name, router in (("left", "r1"), ("right", "r2")):
            number = 1 if name == "left" else 2
            self.addClusterNode(name, ip=f"2001:db8:{number}::2/64")
            self.addLink(router, name)
        self.addLink("r1", self.addInjector("controller"))
        super().build(**options)
"""


def test_a_node_without_ipv4_is_named_by_its_bgp_identifier(tmp_path: Path) -> None:
    (tmp_path / "v6only.py").write_text(V6_ONLY)
    plan = load_plan(str(tmp_path / "v6only.py"))
    assert plan.address_v4("left") is None
    text = own(1).replace("worker2", "right").replace("r6", "r2").replace("IPv4", "IPv6")
    text = text.replace("  family", "  headEnds: [left]\n  family")
    (change,) = changes(plan, tmp_path, text)
    assert policies.route_targets(plan, change, bgp_identifiers(plan)) == [
        IPv4Address("10.254.0.1")
    ]


def test_a_node_with_ipv4_is_named_by_that(tmp_path: Path) -> None:
    plan = shipped_plan("full")
    text = own(1).replace("  family", "  headEnds: [worker1, master]\n  family")
    (change,) = changes(plan, tmp_path, text)
    expected = [plan.address_v4("worker1"), plan.address_v4("master")]
    assert policies.route_targets(plan, change, bgp_identifiers(plan)) == expected
