"""Each command of a lab, where nodes and pods have both families, IPv6 alone, or hosts of IPv4."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from testbed.cli.main import app
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name

pytestmark = pytest.mark.root

BOTH, IPV6_NODES, IPV4_HOSTS = "both", "IPv6 nodes", "IPv4 hosts"
FAMILIES = [  # a minute each
    IPV6_NODES,
    pytest.param(BOTH, marks=pytest.mark.night),
    pytest.param(IPV4_HOSTS, marks=pytest.mark.night),
]
TOPOLOGY = """
from testbed.topology import LabTopo


class Families(LabTopo):
    def build(self, *, families="both", **options):
        r1, r2, r3 = (self.addRouter(f"r{n}") for n in (1, 2, 3))
        self.addLink(r1, r2)
        self.addLink(r2, r3)
        self.addLink(r1, r3, igp_metric=50)
        self.addLink(r2, self.addInjector("gobgp"))
        for number, router in enumerate((r1, r2, r3)):
            name = ("master", "worker1", "worker2")[number]
            node = {"ip": f"fd1{number}::1000/64"} if families == "IPv6 nodes" else {}
            host = {"ip": f"10.77.{number}.2/24"} if families == "IPv4 hosts" else {}
            self.addLink(router, self.addClusterNode(name, **node))
            self.addLink(router, self.addHost(f"h{number}", **host))
        if families == "IPv6 nodes":
            self.pods_v4 = None
        super().build(**options)
"""
POLICY = """
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: over-r3}
spec:
  endpoint: worker1
  color: 30
  family: IPv6
  headEnds: [master]
  candidates:
    - segmentLists: [{segments: [r3, worker1]}]
"""
INTENT = """
apiVersion: testbed/v1
kind: Intent
metadata: {name: back}
spec: {from: worker2, to: master, avoid: {links: [r2-r3]}}
"""
POOL = """
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: more}
spec: {cidr: "fdab:1::/48", blockSize: 122, vxlanMode: Always}
"""
TYPED = """
validate lab.py --set families=@
up lab.py --set families=@
ls
wait --timeout 60
status
status --probe
pod create x --node worker1
pod list
pod delete x
exec pod-worker1 -- ip -6 route
logs worker1.agent
events
policy apply -f policy.yaml
wait --timeout 60
policy list
policy explain -f policy.yaml
policy users
path pod-master pod-worker1 -6 --expect r3
policy delete over-r3
te plan -f intent.yaml
te apply -f intent.yaml
te list
te explain back
te whatif --down r1-r2
te topology
te protection
graph -n LAB
path pod-worker2 pod-master -6 --expect r3-r1
te delete back
apply -f pool.yaml
delete -f pool.yaml
mode configmap
mode bgp
link set r1 r2 --bw 50
link down r1 r2
path pod-master pod-worker1 -6
link up r1 r2
run smoke -n LAB
collect -o collected.tar.zst
up lab.py --set families=@
"""
# Which of these commands find that there is no IPv4, and say so with this exit code.
IPV4 = ("path pod-master pod-worker1 -4", "path master worker1 -4", "path h0 h2 -4")
HAVE_IPV4 = {BOTH: IPV4[:2], IPV6_NODES: (), IPV4_HOSTS: IPV4}
NO_LAB = "asks nothing of a lab's families"
ELSEWHERE = {
    **dict.fromkeys(("shell", "capture", "in-network"), "as `exec`; test_hang_up.py types them"),
    **dict.fromkeys(("kubectl", "env", "image"), "Kubernetes: test_kubernetes_*.py"),
    "netpol": "Kubernetes: docs/network-policy.md, which is followed, shows both families",
    **dict.fromkeys(("vagrant", "box", "snapshot"), "machines: tests/vm"),
    **dict.fromkeys(("parity", "bench", "evaluate", "conformance", "nightly"), "labs of their own"),
    **dict.fromkeys(("doctor", "schema", "render", "artefacts", "down"), NO_LAB),
    **dict.fromkeys(("replay", "diff", "claims", "report", "runs"), "records, without a lab"),
}


@pytest.fixture(scope="module", params=FAMILIES)
def lab(gobgpd: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
        ) -> Iterator[tuple[Lab, str, Path]]:  # fmt: skip
    directory = tmp_path_factory.mktemp("families")
    for name, text in (("lab.py", TOPOLOGY), ("policy.yaml", POLICY), ("intent.yaml", INTENT),
                       ("pool.yaml", POOL)):  # fmt: skip
        (directory / name).write_text(text)
    found = Lab(lab_name("families"), gobgpd)
    try:
        yield found, request.param, directory
    finally:
        found.run("down")


def words(typed: str, lab: Lab, families: str, directory: Path) -> list[str]:
    files = ("lab.py", "policy.yaml", "intent.yaml", "pool.yaml", "collected.tar.zst")
    named = {"LAB": lab.name, "families=@": f"families={families}"}
    named |= {name: str(directory / name) for name in files}
    return [named.get(word, word) for word in typed.split()]


def test_each_command_does_what_it_does(lab: tuple[Lab, str, Path]) -> None:
    driven, families, directory = lab
    for typed in TYPED.strip().splitlines():
        driven.run(*words(typed, driven, families, directory))
    for typed in IPV4:
        has = typed in HAVE_IPV4[families]
        said = driven.run(*words(typed, driven, families, directory), expect=0 if has else 2)
        assert has or "has no IPv4 address\n  fix: try -6" in said.stderr
    assert driven.status()["problems"] == []


def test_every_command_is_typed_or_has_a_reason() -> None:
    def leaves(command: object, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        commands = getattr(command, "commands", None)
        if commands is None:
            yield above
        for name, below in (commands or {}).items():
            yield from leaves(below, (*above, name))

    typed = {tuple(line.split()[: len(leaf)]) for line in (TYPED.strip().splitlines())
             for leaf in leaves(typer.main.get_command(app))}  # fmt: skip
    missing = [
        " ".join(leaf)
        for leaf in leaves(typer.main.get_command(app))
        if leaf not in typed and leaf[0] not in ELSEWHERE and leaf != ("path",)
    ]
    assert missing == []
