"""Runs that were made, in pairs that differ in exactly one thing: `diff` names that and no other.

The rules themselves are tested on invented runs; here the things are changed for real.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed.host import cgroups, systemd
from tests.documents import Document
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox, kept, lab_name

pytestmark = [pytest.mark.root, pytest.mark.night]

QUOTA, PERIOD = 1.5, 100_000  # processors; microseconds
SYSCTL = "net.ipv4.tcp_notsent_lowat"  # the new network namespaces of a lab have their own
TOPOLOGY = """\
from testbed.topology import LabTopo


class Small(LabTopo):
    def build(self, **options):
        self.addRouters("r1", "r2")
        self.addLink("r1", "r2")
        for name, router in (("master", "r1"), ("worker1", "r1"), ("worker2", "r2")):
            self.addLink(router, self.addClusterNode(name), mtu={mtu})
        self.addLink("r1", self.addInjector("gobgp"))
        super().build(**options)
"""


@dataclass
class Made:
    """Runs of scenarios in a sandbox, kept in one store; each is made once."""

    lab: Lab
    sandbox: Sandbox
    directory: Path
    names: set[str] = field(default_factory=set)

    def run(self, name: str, *arguments: str) -> str:
        """Make this run unless it is there; its name."""
        if name not in self.names:
            evidence = self.directory / "state" / "runs" / name
            self.lab.run("run", *arguments, "--evidence", str(evidence))
            self.names.add(name)
        return name

    def small(self, name: str, mtu: int = 1380, *arguments: str) -> str:
        """`smoke` on a network of two routers, whose nodes have links of this MTU in bytes."""
        file = self.directory / str(mtu) / "small.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(TOPOLOGY.format(mtu=mtu))
        return self.run(name, "smoke", "--topology", str(file), *arguments)

    def steered(self, policy: str) -> str:
        """`te-bgp` with one of the shipped policies."""
        return self.run(policy, "te-bgp", "--policy", f"scenarios/policies/{policy}.yaml")

    def areas(self, one: str, other: str) -> set[str]:
        """What `diff` finds unlike."""
        found: Document = json.loads(self.lab.run("diff", one, other, "-o", "json").stdout)
        assert found["results"], found
        assert not found["not_recorded"], found
        return {condition["area"] for condition in found["conditions"]}


@contextmanager
def limited(lab: Lab, processors: float) -> Iterator[None]:
    """Meanwhile, the lab's commands run with so much processor time."""
    if cgroups.version(cgroups.own()) == 1:
        group = Path(f"/sys/fs/cgroup/cpu/{lab.name}")
        group.mkdir()
        (group / "cpu.cfs_quota_us").write_text(str(round(processors * PERIOD)))
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        lab.launcher = ("sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh")
    elif systemd.runs_this_host():
        quota = f"--property=CPUQuota={processors:.0%}"
        lab.launcher = ("systemd-run", "--scope", "--quiet", "--collect", quota, "--")
    else:
        pytest.skip("no systemd to ask for a CPU quota: run this where systemd is, or cgroups v1")
    try:
        yield
    finally:
        lab.launcher = ()
        if cgroups.version(cgroups.own()) == 1:
            cgroups.remove_tree(group)


@pytest.fixture(scope="module")
def made(gobgpd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    directory = tmp_path_factory.mktemp("runs")
    box = Sandbox([*kept(gobgpd), directory])
    state = {"TESTBED_STATE": str(directory / "state"), "TESTBED_NAME": ""}
    try:
        yield Made(Lab(lab_name("diff"), gobgpd, box, state), box, directory)
    finally:
        box.close()


def test_equal_runs_are_alike(made: Made) -> None:
    assert made.areas(made.small("once"), made.small("again")) == set()


def test_mtu(made: Made) -> None:
    assert made.areas(made.small("once"), made.small("wide", 1440)) == {"MTU"}


def test_timer_profile(made: Made) -> None:
    slow = made.small("slow", 1380, "--profile", "paper")
    assert made.areas(made.small("once"), slow) == {"timer profile"}


def test_policy(made: Made) -> None:
    pair = [made.steered(name) for name in ("worker2-via-r6-r8", "worker2-via-r4")]
    assert made.areas(*pair) == {"policy"}


def test_sysctl(made: Made) -> None:
    before = made.sandbox.output(f"sysctl -n {SYSCTL}").strip()
    once = made.small("once")
    made.sandbox.do(f"sysctl -w {SYSCTL}=100000")
    try:
        assert made.areas(once, made.small("sysctl")) == {"sysctl"}
    finally:
        made.sandbox.do(f"sysctl -w {SYSCTL}={before}")


def test_cpu_quota(made: Made) -> None:
    once = made.small("once")
    with limited(made.lab, QUOTA):
        assert made.areas(once, made.small("quota")) == {"CPU quota"}
