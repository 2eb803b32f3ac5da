"""What is said of a plan that cannot be used: as its fix says, it can."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.lab.policies import store
from testbed.plan import kubernetes
from testbed.plan.model import Plan
from testbed.plan.resolve import resolve
from testbed.topology import load
from tests.unit.fixes.applied import is_printed_by
from tests.unit.fixes.applied_words import FULL


def changed(plan: Plan, pods_v4: str | None, pods_v6: str | None) -> Plan:
    """The plan with other pools, as its class would say."""
    pools = plan.pools.model_copy(
        update={
            "pods_v4": IPv4Network(pods_v4) if pods_v4 else None,
            "pods_v6": IPv6Network(pods_v6) if pods_v6 else None,
        }
    )
    return plan.model_copy(update={"pools": pools})


def test_pools_for_kubernetes() -> None:
    with pytest.raises(TestbedError) as refused:
        kubernetes.families(changed(FULL, None, None))
    key = (
        "testbed/plan/kubernetes.py: pods_v4 = '172.16.0.0/16' in the topology's class, or pods_v6"
    )
    fix = refused.value.fix
    assert is_printed_by(key, fix) and fix
    assert kubernetes.families(changed(FULL, fix.split("'")[1], None)) == (4,)


def test_a_pool_beside_the_services() -> None:
    (problem,) = kubernetes.problems(changed(FULL, "10.96.0.0/16", None), None)
    key = "testbed/plan/kubernetes.py: choose a network outside of {other.network}"
    assert is_printed_by(key, problem.fix)
    assert kubernetes.problems(changed(FULL, "10.112.0.0/16", None), None) == []


@pytest.mark.parametrize(
    ("key", "given"),
    [
        (
            "testbed/plan/resolve.py: --nodes vagrant --overlay calico-vpp",
            {"backend": "namespace", "overlay": "calico-vpp"},
        ),
        ("testbed/plan/resolve.py: --nodes vagrant --box NAME", {"box": "debian/bookworm64"}),
        (
            "testbed/plan/resolve.py: --nodes {backend} without --cluster none",
            {"backend": "vagrant", "orchestrator": "none"},
        ),
    ],
)
def test_options_that_exclude_each_other(key: str, given: dict[str, str]) -> None:
    with pytest.raises(TestbedError) as refused:
        resolve(FULL, **{"orchestrator": "kubernetes", **given})
    fix = refused.value.fix or ""
    assert is_printed_by(key, fix)
    words = fix.split()
    names = {"--nodes": "backend", "--overlay": "overlay"}
    told = {names[o]: words[i + 1] for i, o in enumerate(words) if o in names}
    if "without" in words:
        given.pop("orchestrator")
    resolve(FULL, **{"orchestrator": "kubernetes", **given, **told})


def test_a_plan_for_a_control_plane() -> None:
    def without(chosen: bool) -> Plan:
        nodes = [
            n.model_copy(update={"cluster": n.cluster.model_copy(update={"control_plane": chosen})})
            if n.name == "master" and n.cluster
            else n
            for n in FULL.nodes
        ]
        return FULL.model_copy(update={"nodes": tuple(nodes)})

    with pytest.raises(TestbedError) as refused:
        kubernetes.control_plane(without(chosen=False))
    key = "testbed/plan/kubernetes.py: give one cluster node control_plane=True"
    assert is_printed_by(key, refused.value.fix)
    assert kubernetes.control_plane(without(chosen=True)).name == "master"


def test_a_plan_without_injector(tmp_path: Path) -> None:
    bare = FULL.model_copy(update={"nodes": tuple(n for n in FULL.nodes if n.name != "gobgp")})
    with pytest.raises(TestbedError) as refused:
        store(bare)
    fix = refused.value.fix or ""
    key = (
        "testbed/lab/policies.py: in the topology's build(), "
        "self.addLink(ROUTER, self.addInjector('gobgp')); then `testbed up --recreate`"
    )
    assert is_printed_by(key, fix)
    line = fix.partition("build(), ")[2].partition("; then")[0].replace("ROUTER", "r1")
    file = tmp_path / "mine.py"
    file.write_text(
        "from testbed.topology import LabTopo\n"
        "class Mine(LabTopo):\n"
        "    def build(self, **options):\n"
        "        r1 = self.addRouter('r1')\n"
        f"        {line}\n"
        "        super().build(**options)\n"
    )
    assert [node.name for node in load.load_plan(str(file)).injectors] == ["gobgp"]
