"""What is said of a word or a plan that cannot be used: what the fix names instead is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed.artefacts import lockfile, network, settings
from testbed.cli.common import Format, key_values
from testbed.cli.main import app
from testbed.cli.schema import schema
from testbed.errors import TestbedError
from testbed.host.labs import lab_dir
from testbed.lab import policies
from testbed.lab.access.inside import cluster_node, unknown, unknown_program
from testbed.lab.access.links import find_link
from testbed.lab.policies import InjectedPolicy, store
from testbed.orchestrators.pod import checked_name, unknown_pod
from testbed.plan import kubernetes
from testbed.plan.model import Plan
from testbed.plan.resolve import resolve
from testbed.plan.spf import path_sets
from testbed.plan.traits import PROVIDERS, known
from testbed.prove.expectation import egress_pool, via
from testbed.prove.loss import expected_loss
from testbed.providers.vagrant.snapshot import snapshots
from testbed.report.bundle import check_suffix
from testbed.scenario.run import registry
from testbed.scenario.run.needs import parse_needs
from testbed.scenario.run.settings import check
from testbed.srpolicy.bgp.encode import encode_attributes
from testbed.srpolicy.model import Candidate, Segment, SegmentList
from testbed.te.resolve import node_names
from testbed.topology import load
from tests.shipped_plans import shipped_plan
from tests.unit.fixes.applied import is_printed_by, suggested

FULL = shipped_plan("full")
EXPECTATION = "testbed/prove/expectation.py: "


def listed(fix: str) -> str:
    """The first word of a list, behind what introduces it."""
    return fix.rpartition(": ")[2].rpartition(" are ")[2].removeprefix("a list of ").split(", ")[0]


def word(right: str) -> Callable[[str], str]:
    """For a fix that names no word, but says which would do."""
    return lambda _: right


@dataclass(frozen=True)
class Refused:
    """A fix; what is refused, with which word; and the word that the fix leads to."""

    fix: str
    take: Callable[[str], object]
    wrong: str
    right: Callable[[str], str]


def refusing(error: Callable[[str, list[str]], TestbedError], *there: str) -> Callable[[str], str]:
    """What makes an error for a word that is not there."""

    def take(given: str) -> str:
        if given not in there:
            raise error(given, list(there))
        return given

    return take


def source(text: str) -> tuple[str, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESTBED_ARTEFACT_SOURCES", text)
        return settings.sources()


PROGRAMS = refusing(
    lambda name, there: unknown_program(name, there), "r1.isisd", "r1.zebra", "worker1.agent"
)
NODES = refusing(lambda name, there: unknown("node or pod", name, there), "r1", "worker1")
PODS = refusing(unknown_pod, "web", "db-1")

CASES = {
    "schema, near": Refused(
        "testbed/cli/schema.py: did you mean {by_lower[near[0]]}?",
        lambda name: schema(name, Format.json),
        "staus",
        suggested,
    ),
    "schema, far": Refused(
        "testbed/cli/schema.py: there are: {', '.join(known)}",
        lambda name: schema(name, Format.json),
        "zzz",
        listed,
    ),
    "option": Refused(
        "testbed/cli/common.py: {option} {key or 'KEY'}=VALUE",
        lambda pair: key_values([pair]),
        "rows",
        lambda fix: fix.split()[-1],
    ),
    "snapshot": Refused(
        "testbed/providers/vagrant/snapshot/snapshots.py: choose another name",
        snapshots.checked,
        "No Name",
        word("a-name"),
    ),
    "program": Refused(
        "testbed/artefacts/lockfile.py: one of: {known}", lockfile.providing, "zzz", listed
    ),
    "address": Refused(
        "testbed/artefacts/network.py: https, or http on the loopback",
        network.require_safe,
        "http://example.org/x",
        lambda fix: f"{fix.split(',')[0]}://example.org/x",
    ),
    "source": Refused(
        "testbed/artefacts/settings.py: a list of {', '.join(SOURCES)}", source, "zzz", listed
    ),
    "lab": Refused(
        "testbed/host/labs.py: choose another with -n", lab_dir, "Not A Name", word("a-name")
    ),
    "a node's log": Refused(
        "testbed/lab/access/inside.py: testbed logs {there[0]}{others}",
        PROGRAMS,
        "r1",
        lambda fix: fix.split(";")[0].split()[-1],
    ),
    "node, near": Refused(
        "testbed/lab/access/inside.py: did you mean {close[0]}?", NODES, "woker1", suggested
    ),
    "node, far": Refused(
        "testbed/lab/access/inside.py: there are: {_first_few(sorted(known))}", NODES, "zzz", listed
    ),
    "cluster node": Refused(
        "testbed/lab/access/inside.py: there are: {_first_few(sorted(known))}",
        lambda name: cluster_node(FULL, name),
        "zz",
        listed,
    ),
    "pod": Refused(
        "testbed/orchestrators/pod.py: did you mean {by_lower[near[0]]}?", PODS, "wbe", suggested
    ),
    "pod's name": Refused(
        "testbed/orchestrators/pod.py: take lower-case letters, digits and '-'",
        checked_name,
        "Web",
        word("web-1"),
    ),
    "provider": Refused(
        "testbed/plan/traits.py: there are: {', '.join(table)}",
        lambda name: known("provider", name, PROVIDERS),
        "zzz",
        listed,
    ),
    "end of a path, near": Refused(
        "testbed/plan/spf.py: did you mean {by_lower[near[0]]}?",
        lambda name: path_sets(FULL, "r1", name),
        "woker1",
        suggested,
    ),
    "end of a path, far": Refused(
        "testbed/plan/spf.py: there are: {', '.join(plan.by_name)}",
        lambda name: path_sets(FULL, "r2", name),
        "zzz",
        listed,
    ),
    "egress": Refused(
        EXPECTATION + "the cluster nodes are {', '.join((n.name for n in plan.cluster)) or 'none'}",
        lambda name: egress_pool(FULL, name),
        "r3",
        listed,
    ),
    "waypoint, near": Refused(
        EXPECTATION + "did you mean {by_lower[near[0]]}?",
        lambda name: via(FULL, ["r6", name], "worker2"),
        "r66",
        suggested,
    ),
    "waypoint, far": Refused(
        EXPECTATION + "name routers, or give SIDs",
        lambda name: via(FULL, [name], "worker2"),
        "zzz",
        word("r7"),
    ),
    "waypoint without SID": Refused(
        EXPECTATION + "leave it out",
        lambda names: via(FULL, names.split(), "worker2"),
        "r6 worker2",
        word("r6"),
    ),
    "SID of nobody": Refused(
        EXPECTATION + "name routers, or give SIDs of this lab",
        lambda name: via(FULL, [IPv6Address(name)], "worker2"),
        "2001:db8::1",
        word(str(FULL.node("r6").loopback_v6)),
    ),
    "node of a loss": Refused(
        "testbed/prove/loss.py: name a node of the topology",
        lambda name: expected_loss(FULL, name, "never left"),
        "zzz",
        word("r6"),
    ),
    "cause of a loss": Refused(
        "testbed/prove/loss.py: one of: {', '.join(CAUSES)}",
        lambda cause: expected_loss(FULL, "r6", cause),
        "zzz",
        listed,
    ),
    "archive": Refused(
        "testbed/report/bundle.py: end its name in {', '.join(SUFFIXES)}",
        lambda name: check_suffix(Path(name)),
        "lab.zip",
        lambda fix: f"lab{fix.removeprefix('end its name in ').split(', ')[0]}",
    ),
    "scenario, near": Refused(
        "testbed/scenario/run/registry.py: did you mean {by_lower[near[0]]}?",
        registry.find,
        "smok",
        suggested,
    ),
    "scenario, far": Refused(
        "testbed/scenario/run/registry.py: there are: {', '.join(names)}",
        registry.find,
        "zzzz",
        listed,
    ),
    "need": Refused(
        "testbed/scenario/run/needs.py: there are: {known}",
        lambda name: parse_needs([name]),
        "zzz",
        listed,
    ),
    "value of a setting": Refused(
        "testbed/scenario/run/settings.py: its default is {default}",
        lambda text: check({"a": {"rate": 5}}, {"rate": text}),
        "fast",
        lambda fix: fix.split()[-1],
    ),
    "setting": Refused(
        "testbed/scenario/run/settings.py: there are: {', '.join(available)}",
        lambda name: check({"a": {"rate": 5}}, {name: "1"}),
        "speed",
        lambda fix: listed(fix).split()[0],
    ),
    "expected node, far": Refused(
        "testbed/te/resolve.py: the nodes are {', '.join(names)}",
        lambda name: node_names(FULL, name),
        "zzz",
        listed,
    ),
    "topology, near": Refused(
        "testbed/topology/load.py: did you mean {by_lower[near[0]]}?",
        load.find,
        "bsic",
        suggested,
    ),
    "topology, far": Refused(
        "testbed/topology/load.py: name one of these, or give the path of a .py file",
        load.find,
        "zzzz",
        word("full"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_word_of_the_fix_is_taken(case: Refused) -> None:
    with pytest.raises(TestbedError) as refused:
        case.take(case.wrong)
    assert is_printed_by(case.fix, refused.value.fix), refused.value
    case.take(case.right(refused.value.fix or ""))


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


@pytest.mark.parametrize(
    ("ends", "key"),
    [
        (("r1", "r22"), "testbed/lab/access/inside.py: did you mean {close[0]}?"),
        (
            ("ra", "rb"),
            "testbed/lab/access/links.py: name it by an interface: "
            "{', '.join((f'{node}:{_end(x, node)}' for x in found))}",
        ),
    ],
)
def test_the_words_for_a_link(tmp_path: Path, ends: tuple[str, str], key: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from testbed.topology import LabTopo\n"
        "class Mine(LabTopo):\n"
        "    def build(self, **options):\n"
        "        self.addRouters('r1', 'r2', 'ra', 'rb')\n"
        "        self.addLinks(('r1', 'r2'), ('r2', 'ra'), ('ra', 'rb'), ('ra', 'rb'))\n"
        "        super().build(**options)\n"
    )
    plan = load.load_plan(str(file))
    with pytest.raises(TestbedError) as refused:
        find_link(plan, *ends)
    fix = refused.value.fix or ""
    assert is_printed_by(key, fix)
    quoted = fix.split("'")
    told = quoted[1].split() if len(quoted) > 1 else [listed(fix), ends[1]]
    assert find_link(plan, *told) in plan.links


@pytest.mark.parametrize("there", [["one", "two"], []])
def test_policies_to_withdraw(monkeypatch: pytest.MonkeyPatch, there: list[str]) -> None:
    injected = [InjectedPolicy(name, 0, 94, "fd11::1000", "f.yaml", (), 4) for name in there]
    monkeypatch.setattr(policies, "injected", lambda _: injected)
    key = (
        "testbed/lab/policies.py: injected are: {', '.join(known)}"
        if there
        else "testbed/lab/policies.py: nothing is injected"
    )
    with pytest.raises(TestbedError) as refused:
        policies.select(FULL, [], every=False)
    assert is_printed_by(key, refused.value.fix)
    if there:
        told = listed(refused.value.fix or "")
        assert [p.name for p in policies.select(FULL, [told], every=False)] == [told]
    with pytest.raises(TestbedError) as unknown_name:
        policies.select(FULL, ["onee"], every=False)
    near = (
        "testbed/lab/access/inside.py: did you mean {close[0]}?"
        if there
        else "testbed/lab/access/inside.py: there is none"
    )
    assert is_printed_by(near, unknown_name.value.fix)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".dot"])
def test_a_kind_of_picture(tmp_path: Path, suffix: str) -> None:
    runner = CliRunner()
    refused = runner.invoke(app, ["graph", "basic", "-o", str(tmp_path / "x.gif")])
    error = refused.exception
    assert isinstance(error, TestbedError)
    assert is_printed_by("testbed/cli/topology.py: use .svg, .png or .dot", error.fix)
    assert suffix in (error.fix or "")
    drawn = tmp_path / f"x{suffix}"
    assert runner.invoke(app, ["graph", "basic", "-o", str(drawn)]).exit_code == 0
    assert drawn.stat().st_size > 100


def test_scenarios_have_to_be_named() -> None:
    runner = CliRunner()
    error = runner.invoke(app, ["run"]).exception
    assert isinstance(error, TestbedError)
    assert is_printed_by("testbed/cli/run.py: testbed run --list", error.fix)
    told = runner.invoke(app, (error.fix or "").split()[1:])
    assert told.exit_code == 0 and "te-bgp" in told.stdout


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


def test_a_policy_too_long_for_bgp() -> None:
    def policy(lists: int) -> Candidate:
        one = SegmentList((Segment(IPv6Address("fcff:6::1"), 1),) * 12)
        return Candidate(endpoint=IPv6Address("fd11::1000"), segment_lists=(one,) * lists, color=9)

    key = "testbed/srpolicy/bgp/encode.py: use fewer or shorter segment lists"
    with pytest.raises(TestbedError) as refused:
        encode_attributes(policy(40), IPv6Address("fd00::1"), ())
    assert is_printed_by(key, refused.value.fix)
    assert encode_attributes(policy(2), IPv6Address("fd00::1"), ())


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
