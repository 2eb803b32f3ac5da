"""What each command really prints as data, from recorded or made-up labs: no lab is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import SimpleNamespace

import pytest

from testbed.agent.contract import PodStatus
from testbed.agent.desired.decide import decide
from testbed.agent.desired.node_status import node_status
from testbed.artefacts import inventory
from testbed.bgp.model import PeerStatus
from testbed.cli import access, doctor, events, image, lifecycle, netpol, render, run, snapshot, te
from testbed.cli.common import Format, fail
from testbed.doctor.verdict import Verdict
from testbed.errors import CheckFailed, TestbedError
from testbed.evaluate import table
from testbed.host.progress import Progress
from testbed.images.store.load import LabImages
from testbed.lab import objects, summary
from testbed.lab import status as lab_status
from testbed.lab.access import inside
from testbed.lab.events import stream
from testbed.lab.summary import LabSummary
from testbed.orchestrators import agent_status
from testbed.orchestrators.api import DirectoryApi
from testbed.orchestrators.kubernetes import api, dry_run, images, vpp_check
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Plan, Role
from testbed.prove import in_lab
from testbed.prove.expectation import via
from testbed.prove.path import Hop, Trace
from testbed.prove.proof import Endpoint, Proof
from testbed.prove.verdict import Verdict as PathVerdict
from testbed.providers import members
from testbed.providers.vagrant.box import box as boxes
from testbed.providers.vagrant.box import distribution
from testbed.providers.vagrant.snapshot import snapshots
from testbed.providers.vagrant.stock import catalogue
from testbed.records.store import Store
from testbed.report.event import Event
from testbed.report.lab_status import LabStatus, Measured, PodLine, ProgramLine
from testbed.scenario.run.result import CheckResult, ScenarioResult, write_result
from tests.paper_plan import paper_plan
from tests.repository import ROOT
from tests.shipped_plans import shipped_plan
from tests.unit.agent.decision_inputs import BASE, PEERED, R6, W2, policy, steered
from tests.unit.cli.said import said
from tests.unit.cli.te_outputs import TE_OUTPUTS
from tests.unit.evaluate.samples import series
from tests.unit.prove.walks import DST, SRC, Walker
from tests.unit.records.recorded import START, make_run, outcome, record

POLICY = ROOT / "scenarios/policies/worker2-via-r6-r8.yaml"
WRONG = """
from testbed.topology import LabTopo


class Wrong(LabTopo):
    def build(self, **options):
        r1 = self.addRouter("r1")
        self.addLink(r1, r1)
        super().build(**options)
"""
Patch = pytest.MonkeyPatch
_BASE = replace(
    BASE,
    peers=(PeerStatus(str(W2), 64512, "ESTABLISHED"),),
    paths=(*PEERED, policy(steered(R6))),
)
AGENT = replace(
    node_status(_BASE, decide(_BASE)),
    pods=(PodStatus("c1", "web", "172.16.0.1", None, "cali1"),),
    problems=("x",),
)
RESULT = ScenarioResult(
    scenario="smoke",
    sentence="It works.",
    claims=("C1",),
    seconds=1.5,
    checks=(
        CheckResult(
            sentence="one is 1", passed=True, expected="1", seen="1", claim="one is", path=False
        ),
    ),
    figures={"gaps": [0.1, 0.2], "where": Path("/x")},
    verdict="pass",
    profile="fast",
)


def _doctor(patch: Patch, _: Path) -> str:
    patch.setattr(doctor, "all_verdicts", lambda: [Verdict("kernel", "warn", "old", "newer")])
    return said("doctor", "-o", "json")


def _progress(_: Patch, directory: Path) -> str:
    """All kinds of events; the test reads a list of them as one document."""
    with (directory / "said").open("w+") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        progress = Progress(style="json")
        with pytest.raises(CheckFailed), progress.step("the lab", "lab"):
            progress.note("so far")
            progress.arrived("a part", 1.23456)
            with progress.step("inner"):
                pass
            raise CheckFailed("no")
        stream.seek(0)
        return stream.read()


def _ls(patch: Patch, _: Path) -> str:
    labs = [LabSummary("a", "full", "fast", "up", 7), LabSummary("b", None, None, "dead", None)]
    patch.setattr(summary, "summaries", lambda: labs)
    return said("ls", "-o", "json")


def _status(patch: Patch, _: Path) -> str:
    plan = paper_plan()
    found = LabStatus(
        topology=plan.topology,
        profile=plan.profile,
        box={"name": "own"},
        routers=tuple(r.name for r in plan.routers),
        hosts=tuple(h.name for h in plan.of(Role.HOST)),
        nodes={"worker1": AGENT, "worker2": None},
        pods=(PodLine("web", "worker1", "172.16.0.1/32", None),),
        programs={
            "r1.zebra": ProgramLine("RUNNING", "pid 7, uptime 0:00:01", "2026-11-26 12:00:00")
        },
        problems=("x",),
        measured=Measured(2, ("a → b",), ("master",)),
    )
    patch.setattr(lifecycle, "enter", lambda _: plan)
    patch.setattr(lab_status, "read_lab_status", lambda *_: found)
    return said("status", "-o", "json")


def _logs(patch: Patch, _: Path) -> str:
    patch.setattr(access, "enter", lambda _: None)
    patch.setattr(inside, "program_rows", lambda: [["r1.zebra", "RUNNING", "2026-11-26 12:00:00"]])
    return said("logs", "-o", "json")


def _policy_list(patch: Patch, _: Path) -> str:
    patch.setattr(te, "enter", lambda _: paper_plan())
    patch.setattr(members, "present", lambda plan: plan.cluster[:2])
    patch.setattr(agent_status, "agent_status", lambda name: AGENT if name != "master" else None)
    return said("policy", "list", "-o", "json")


def _policy_users(patch: Patch, _: Path) -> str:
    pods = [Pod("web", "worker1", "172.16.0.1/32", "fdfb::1/128")]
    lab = SimpleNamespace(pods=lambda _: pods, api=lambda _: None)
    patch.setattr(te, "enter", lambda _: paper_plan())
    patch.setattr(te, "orchestrator_of", lambda _: lab)
    patch.setattr(objects, "pools_in", lambda _: {"all": ip_network("172.16.0.0/16")})
    patch.setattr(members, "present", lambda plan: plan.cluster[:1])
    patch.setattr(agent_status, "agent_status", lambda _: AGENT)
    return said("policy", "users", "-o", "json")


def _policy_explain(patch: Patch, _: Path) -> str:
    patch.setattr(te, "recorded", lambda _: paper_plan())
    return said("policy", "explain", "-f", str(POLICY), "-o", "json")


def _netpol_explain(patch: Patch, directory: Path) -> str:
    api = DirectoryApi(directory)
    for name, address in (("a", "10.0.0.1"), ("b", "10.0.0.2")):
        metadata = {"name": name, "namespace": "default", "labels": {}}
        status = {"podIPs": [{"ip": address}]}
        api.apply({"kind": "Pod", "metadata": metadata, "status": status})
    plan = paper_plan().model_copy(update={"orchestrator": "kubernetes"})
    patch.setattr(netpol, "enter", lambda _: plan)
    patch.setattr(netpol, "orchestrator_of", lambda _: SimpleNamespace(api=lambda _: api))
    return said("netpol", "explain", "a", "b", "80", "-o", "json")


def _proof(plan: Plan) -> Proof:
    sids = tuple(map(ip_address, ("fcff:6::1", "fcff:8::1", "fcdd::12aa:d460:b250:45:b04")))
    walker = Walker(plan)
    walker.encapsulate("fd11::1000", *sids)  # type: ignore[arg-type]
    steered = replace(walker.now, node="worker1", interface="worker1-r3")
    plain = Walker(plan).now
    hops = (Hop("pod-a", None, plain), Hop("worker1", plain, steered), Hop("r3", steered, None))
    trace = Trace(b"t" * 16, hops, delivered=False)
    ends = Endpoint("pod-a", SRC, "worker1"), Endpoint("worker2", DST)
    expectation = via(plan, ["r6", "r8"], "worker2")
    return Proof(plan, *ends, expectation, (trace,), (), PathVerdict(False, ("lost",)))


def _path(patch: Patch, _: Path) -> str:
    patch.setattr(te, "enter", lambda _: paper_plan())
    patch.setattr(in_lab, "prove", lambda plan, *_: _proof(plan))
    return said("path", "a", "worker2", "-o", "json")


def _events(patch: Patch, _: Path) -> str:
    found = [
        Event("2026-01-01T00:00:00.000Z", "r1", "isis", "adjacency with r2 on r1-r2: Up → Down"),
        Event("2026-01-01T00:00:01.000Z", "-", "kubernetes", "Pod default/web: Scheduled: x"),
    ]
    patch.setattr(events, "enter", lambda _: paper_plan())
    patch.setattr(stream, "until_now", lambda _: (found, None))
    return said("events", "-o", "json")


def _run(_: Patch, directory: Path) -> str:
    with (directory / "said").open("w+") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", stream)
        run.print_results([RESULT], directory, Format.json)
        stream.seek(0)
        return stream.read()


def _run_list(_: Patch, __: Path) -> str:
    return said("run", "--list", "-o", "json")


def _recorded(patch: Patch, directory: Path) -> Store:
    """A store with a run in it, and one that was pruned."""
    patch.setenv("TESTBED_STATE", str(directory))
    store = Store(directory / "runs")
    failed = outcome("te-bgp", verdict="fail", failure="lost", failed=("a: expected 1; seen 2",))
    make_run(store, record("20260101-000000"))
    make_run(store, record("20260102-000000", days=1, seeds={"order": 7}), outcome(), failed)
    store.prune(store.find("20260101"), START)
    return store


def _runs_list(patch: Patch, directory: Path) -> str:
    _recorded(patch, directory)
    return said("runs", "list", "-o", "json")


def _runs_show(patch: Patch, directory: Path) -> str:
    _recorded(patch, directory)
    return said("runs", "show", "-o", "json")


def _runs_prune(patch: Patch, directory: Path) -> str:
    _recorded(patch, directory)
    return said("runs", "prune", "--keep", "0", "--dry-run", "-o", "json")


def _diff(patch: Patch, directory: Path) -> str:
    store = _recorded(patch, directory)
    make_run(store, record("other", days=2, commit="0" * 40, version="2"), outcome("te-bgp"))
    return said("diff", "20260102", "other", "-o", "json")


def _claims(patch: Patch, directory: Path) -> str:
    _recorded(patch, directory)
    return said("claims", "-o", "json")


def _parity(_: Patch, directory: Path) -> str:
    failed = RESULT.model_copy(update={"verdict": "fail", "failure": "no"})
    for number, result in enumerate((RESULT, failed)):
        (directory / f"{number}/smoke").mkdir(parents=True)
        write_result(directory / f"{number}/smoke", result)
    return said("parity", "--of", str(directory / "0"), str(directory / "1"), "-o", "json")


def _validate(_: Patch, __: Path) -> str:
    return said("validate", "full", "-o", "json")


def _pod_list(patch: Patch, _: Path) -> str:
    pods = [Pod("web", "worker1", "172.16.0.1/32", None)]
    patch.setattr(access, "enter", lambda _: None)
    patch.setattr(access, "orchestrator_of", lambda _: SimpleNamespace(pods=lambda _: pods))
    return said("pod", "list", "-o", "json")


def _render_calico_vpp(patch: Patch, _: Path) -> str:
    running = shipped_plan("full").model_copy(update={"orchestrator": "kubernetes"})
    patch.setattr(render, "need_root", lambda: None)
    patch.setattr(render, "enter", lambda _: running)
    patch.setattr(api, "connect", lambda _: None)
    patch.setattr(vpp_check, "judge", lambda n: dry_run.Verdict(n.name, "unchecked", "no vpp"))
    patch.setattr(dry_run, "judge", lambda *_: [dry_run.Verdict("IPPool", "refused", "no")])
    return said("render", "calico-vpp", "--check", "-o", "json")


def _artefacts_list(patch: Patch, directory: Path) -> str:
    patch.setenv("TESTBED_CACHE", str(directory))
    return said("artefacts", "list", "-o", "json")


def _artefacts_fetch(patch: Patch, _: Path) -> str:
    patch.setattr("testbed.artefacts.ensure", lambda *_, **__: {"gobgpd": Path("/cache/gobgpd")})
    return said("artefacts", "fetch", "-o", "json")


def _artefacts_verify(patch: Patch, directory: Path) -> str:
    patch.setenv("TESTBED_CACHE", str(directory))
    first, *_ = inventory.verify()
    patch.setattr("testbed.artefacts.verify", lambda: [first, ("go", None)])
    return said("artefacts", "verify", "-o", "json")


def _lab_of_images(patch: Patch, directory: Path) -> None:
    lab = LabImages(("worker1",), lambda *_: "example.invalid/app:1\n", directory / "kept")
    patch.setattr(image, "need_root", lambda: None)
    patch.setattr(image, "_kubernetes", lambda _: None)
    patch.setattr(images, "of_lab", lambda _: lab)
    patch.setattr(images, "announce", lambda *_: None)


def _image_load(patch: Patch, directory: Path) -> str:
    _lab_of_images(patch, directory)
    patch.setattr("testbed.images.store.load.load", lambda *_: ["example.invalid/app:1"])
    (directory / "app.tar").touch()
    return said("image", "load", str(directory / "app.tar"), "-o", "json")


def _image_list(patch: Patch, directory: Path) -> str:
    _lab_of_images(patch, directory)
    return said("image", "list", "-o", "json")


def _box_show(patch: Patch, directory: Path) -> str:
    record = {
        "made": "2026-01-01T00:00:00+00:00",
        "distribution": {"name": "debian", "suite": "bookworm", "sources": ["deb x y main"]},
        "kernel": "6.1.0",
        "kernel_package": "linux-image-cloud-amd64 6.1",
        "packages": {"frr": "8.4"},
    }
    (directory / "record.json").write_text(json.dumps(record))
    patch.setattr(distribution, "of_this_machine", lambda: None)
    patch.setattr(boxes, "wanted_box", lambda _: boxes.Box("own", directory))
    return said("box", "show", "-o", "json")


def _snapshot_list(patch: Patch, directory: Path) -> str:
    patch.setattr(snapshot, "need_root", lambda: None)
    patch.setattr(snapshots, "listing", lambda: [snapshots.Snapshot("lab", "ready", directory)])
    return said("snapshot", "list", "-o", "json")


def _schema(_: Patch, __: Path) -> str:
    return said("schema", "-o", "json")


def _error(_: Patch, directory: Path) -> str:
    with (directory / "said").open("w+") as stream, pytest.MonkeyPatch.context() as patch:
        with pytest.raises(TestbedError) as caught:
            said("schema", "statsu", "-o", "json")
        patch.setattr("sys.stderr", stream)
        with pytest.raises(SystemExit):
            fail(caught.value)
        stream.seek(0)
        return stream.read()


def _evaluate(_: Patch, __: Path) -> str:
    srv6, vxlan = (f"pod-to-pod.tcp.ipv4.across.{o}.1stream" for o in ("srv6.1seg", "vxlan"))
    samples = [*series(srv6, [9e9, 9.1e9, 9.2e9]), *series(vxlan, [9e9, 9.2e9, None])]
    return json.dumps(table.rows(samples, [srv6, vxlan]))


OUTPUTS: dict[str, Callable[[Patch, Path], str]] = {
    "doctor": _doctor,
    "progress": _progress,
    "ls": _ls,
    "status": _status,
    "events": _events,
    "logs": _logs,
    "policy-list": _policy_list,
    "policy-users": _policy_users,
    **TE_OUTPUTS,
    "policy-explain": _policy_explain,
    "netpol-explain": _netpol_explain,
    "path": _path,
    "run": _run,
    "run-list": _run_list,
    "runs-list": _runs_list,
    "runs-show": _runs_show,
    "runs-prune": _runs_prune,
    "replay": _run,
    "diff": _diff,
    "claims": _claims,
    "evaluate": _evaluate,
    "parity": _parity,
    "validate": _validate,
    "pod-list": _pod_list,
    "render-calico-vpp": _render_calico_vpp,
    "artefacts-list": _artefacts_list,
    "artefacts-fetch": _artefacts_fetch,
    "artefacts-verify": _artefacts_verify,
    "image-load": _image_load,
    "image-list": _image_list,
    "box-show": _box_show,
    "snapshot-list": _snapshot_list,
    "schema": _schema,
    "error": _error,
}


def taken_box(patch: Patch) -> str:
    """The other thing that `box show` prints."""
    taken = catalogue.Taken("debian/trixie64", "debian/trixie64", "1", "ab", "/boxes/x", "today")
    patch.setattr(catalogue, "find_taken", lambda _: taken)
    return said("box", "show", "debian/trixie64", "-o", "json")


def invalid_topology(directory: Path) -> str:
    """The other thing that `validate` prints."""
    file = directory / "wrong.py"
    file.write_text(WRONG)
    return said("validate", str(file), "-o", "json")
