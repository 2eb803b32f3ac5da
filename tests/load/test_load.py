"""Many of everything: policies by ConfigMap, paths of a peer, pods. `make load` runs it.

What is asserted is that all is as wanted; times and memory are figures, printed.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from itertools import islice
from pathlib import Path

import psutil
import pytest

from testbed.artefacts import program
from testbed.bench.idle import cpu_seconds, idle_load
from testbed.bgp import unicast
from testbed.bgp.client import GobgpClient
from testbed.bgp.model import Announcement
from testbed.host.wait import wait_for
from testbed.plan.model import Plan
from testbed.topology.load import load_plan
from tests.integration.kube_lab import NODES, KubeLab, addresses, kube_lab, kube_sandbox, pod
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox, kept, lab_name
from tests.soak.figures import measure

pytestmark = pytest.mark.root

PATIENCE = 300.0
HEAD_ENDS = 23  # each with a policy to each other, in both families: 1,012
STAR = f"""from testbed.topology import LabTopo
class Star(LabTopo):
    def build(self, **options):
        for router in ("r1", "r2"):
            self.addRouter(router)
        self.addLink("r1", "r2")
        for number in range({HEAD_ENDS}):
            name = "master" if number == 0 else f"worker{{number}}"
            self.addClusterNode(name)
            self.addLink("r1", name)
        self.addLink("r2", self.addInjector("gobgp"))
        super().build(**options)
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: srv6-config-{node}, namespace: calico-vpp-dataplane}}
data:
  srv6: |
    node: {node}
    localsids: {{DT4: "{dt4}", DT6: "{dt6}"}}
    policies:
{policies}"""
POLICY = """\
      - node: "{endpoint}"
        traffic: IPv{family}
        bsid: "{binding_sid}"
        segment_list: ["{waypoint}", "{sid}"]
"""
PEER, FOREIGN = "gobgp", 5000  # one that is no node, and how many prefixes it announces
PODS = 300


@pytest.fixture
def gobgpd() -> Path:
    return Path(program("gobgpd"))


@pytest.fixture
def lab(gobgpd: Path) -> Iterator[Lab]:
    box = Sandbox(kept(gobgpd))
    lab = Lab(lab_name("load"), gobgpd, box, patience=PATIENCE)
    try:
        yield lab
    finally:
        lab.run("down")
        box.close()


@contextmanager
def told(lab: Lab, what: str) -> Iterator[None]:
    """Print how long it took, and what the lab's own programs computed meanwhile."""
    start, used = time.monotonic(), cpu_seconds(lab.box.init)
    yield
    took, used = time.monotonic() - start, cpu_seconds(lab.box.init) - used
    print(f"\n{what}: {took:.1f} s, {used:.1f} s of CPU time", end="")


def in_sandbox(lab: Lab, name: str) -> Path:
    """A file of the sandbox's /tmp, as seen from here."""
    return Path(f"/proc/{lab.box.init}/root/tmp/{name}")


def test_a_thousand_policies_by_configmap(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "star.py").write_text(STAR)
    in_sandbox(lab, "star.py").write_text(STAR)
    in_sandbox(lab, "policies.yaml").write_text(configmaps(tmp_path / "star.py"))
    lab.run("up", "/tmp/star.py")
    lab.run("mode", "configmap")
    with told(lab, "1,012 policies by ConfigMap: checked and applied"):
        lab.run("apply", "-f", "/tmp/policies.yaml")
    with told(lab, "… until all are chosen"):
        wait_for("all policies to be chosen", lambda: chosen(lab), PATIENCE, 0.2)
    lab.run("path", "pod-master", f"pod-worker{HEAD_ENDS - 1}", "-4")
    assert lab.status()["problems"] == []


def configmaps(topology: Path) -> str:
    """One per head end, with a policy by r2 to each other node and family."""
    plan = load_plan(str(topology))
    texts = []
    for head in plan.cluster:
        policies = []
        for other in (n for n in plan.cluster if n is not head):
            assert other.cluster is not None
            sids, binding = other.cluster.local_sids, other.cluster.binding_sids
            for family, sid, binding_sid in ((4, sids.dt4, binding.v4), (6, sids.dt6, binding.v6)):
                policies.append(
                    POLICY.format(
                        endpoint=plan.address_v6(other.name),
                        family=family,
                        binding_sid=binding_sid,
                        waypoint=plan.node("r2").loopback_v6,
                        sid=sid,
                    )
                )
        assert head.cluster is not None
        own = head.cluster.local_sids
        texts.append(
            CONFIG.format(node=head.name, dt4=own.dt4, dt6=own.dt6, policies="".join(policies))
        )
    return "---\n".join(texts)


def chosen(lab: Lab) -> tuple[bool | None, str]:
    done = lab.run("policy", "list", "-o", "json", expect=None)
    rows = json.loads(done.stdout) if done.stdout else []
    count = sum(row["chosen"] and row["source"] == "configmap" for row in rows)
    wanted = HEAD_ENDS * (HEAD_ENDS - 1) * 2
    return (count >= wanted or None), f"{count} of {wanted}, {done.stderr}"


def test_thousands_of_foreign_paths(lab: Lab) -> None:
    """They are refused, in few words, and the lab's own traffic goes on; gone, all is well."""
    lab.run("up", "basic")
    print_figures(lab, "before")
    paths = foreign_paths(lab)
    with contextlib.closing(GobgpClient(lab.inner / "run/testbed/nodes/gobgp/gobgpd.sock")) as peer:
        with told(lab, f"{FOREIGN} foreign paths: announced"):
            for path in paths:
                peer.add_path(path)
        with told(lab, "… until every node refuses all of them"):
            wait_for("the paths to be refused", lambda: refused(lab), PATIENCE, 0.2)
        with told(lab, "… testbed status"):
            lab.run("status", expect=1)
        lab.run("path", "pod-worker1", "pod-worker2", "-4")
        print_figures(lab, "while refused")
        with told(lab, "… withdrawn"):
            for path in paths:
                peer.delete_path(path)
        with told(lab, "… until all is well"):
            lab.run("wait", "--timeout", "60")
    print_figures(lab, "afterwards")


def foreign_paths(lab: Lab) -> list[Announcement]:
    """Prefixes that are no pod's, by way of the host that announces them."""
    next_hop = Plan.model_validate_json((lab.directory / "plan.json").read_text()).address_v6(PEER)
    prefixes = islice(IPv4Network("10.64.0.0/10").subnets(new_prefix=28), FOREIGN)
    return [unicast.announce(prefix, next_hop) for prefix in prefixes]


def refused(lab: Lab) -> tuple[bool | None, str]:
    problems = lab.status()["problems"]
    everywhere = f"{', '.join(NODES)}: {FOREIGN - 100} more from peer"
    return (any(p.startswith(everywhere) for p in problems) or None), "\n".join(problems[-2:])


def print_figures(lab: Lab, when: str) -> None:
    """Of the programs that hold what there is much of, and how busy the lab is."""
    busy = idle_load(lab.box.init)
    now = measure(psutil.Process(lab.box.init).children(recursive=True), [lab.inner / "run"])
    memory = ", ".join(f"{name} {now.memory[name]} MiB" for name in ("testbed.agent", "gobgpd"))
    print(f"\n{when}: {memory}, {busy:.1f} % of a core, {now.written} MiB in /run", end="")


def test_three_hundred_pods(gobgpd: Path) -> None:
    with kube_sandbox(gobgpd) as box:
        lab = kube_lab(gobgpd, box, "pods")
        try:
            lab.up()
            print_figures(lab, "before")
            names = [f"many-{number}" for number in range(PODS)]
            with told(lab, f"{PODS} pods"):
                lab.make_pods(*(pod(n, NODES[i % 3]) for i, n in enumerate(names)))
                wait_for("all pods to run", lambda: running(lab, names), PATIENCE, 1)
            found = [address for one in lab.pods().values() for address in addresses(one)]
            assert len(set(found)) == len(found) == 2 * PODS
            lab.wait_until_well()
            lab.run("path", "many-0", "many-1", "-4")
            print_figures(lab, "while they run")
            with told(lab, "… deleted"):
                for name in names:
                    lab.api.delete(pod(name, ""))
                wait_for("no pod to be left", lambda: gone(lab), PATIENCE, 1)
            lab.wait_until_well()
            print_figures(lab, "afterwards")
        finally:
            lab.down()


def running(lab: KubeLab, names: list[str]) -> tuple[bool | None, str]:
    phases = {name: p.get("status", {}).get("phase", "") for name, p in lab.pods().items()}
    count = sum(phases.get(name) == "Running" for name in names)
    return (count == len(names) or None), f"{count} of {len(names)} run"


def gone(lab: KubeLab) -> tuple[bool | None, str]:
    left = lab.pods()
    return (None if left else True), f"{len(left)} are left"
