"""up and down. Outside of its init a lab is one directory, so undoing it is ending the init."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from testbed.backbone import build, routers
from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.host.labs import LabDir
from testbed.host.supervisor import LAB, Supervisor
from testbed.host.wait import wait_for
from testbed.lab import calico_vpp, members, pods, restored, state, verify, virtual
from testbed.lab.progress import Progress
from testbed.nodes import cluster
from testbed.plan.model import Plan
from testbed.vm.snapshots import locked, sweep

# What `down` gives an `up` that has just been killed to be gone (seconds).
PATIENCE = 5.0


def up(
    lab: LabDir,
    plan: Plan,
    gobgpd: Path | None,
    progress: Progress,
    recreate: bool = False,
    with_pods: bool = True,
    images: Path | None = None,
    hardware: virtual.Hardware | None = None,
    source: restored.Source | None = None,
) -> None:
    """Bring the lab up, or make it whole again. The process is inside the lab afterwards.

    `gobgpd` is the program for cluster nodes and injectors; `images` the store of images that
    nodes of a Kubernetes lab start with; `hardware` what virtual machines are made from, `source`
    what they go on from. Raises TestbedError when a lab of this name is up with another plan, or
    at all if it is to go on from a snapshot (unless `recreate`), and when something does not come
    up.
    """
    if plan.kubernetes and (recreate or lab.init_pid() is None):
        lab.refuse_strange_data()
    with lab.locked() as lock, locked(lab.name) if source else nullcontext():
        fresh = _make_room(lab, plan, recreate, progress)
        if source and not fresh:
            raise TestbedError(
                f"lab {lab.name!r} is up",
                why="machines go on from a snapshot where none runs",
                fix=f"testbed down -n {lab.name}, first; or --recreate",
            )
        if fresh:
            if plan.kubernetes:
                _prepare_data(lab, plan, recreate, progress, source)
            with progress.step("namespaces of the lab"):
                write_atomically(lab.plan_file, plan.model_dump_json())
                lab.start_init(LAB.conf, lock, own_cgroups=plan.kubernetes and not plan.virtual)
        lab.enter()
        if fresh and plan.kubernetes:
            assert images is not None
            state.DATA.symlink_to(lab.data)
            state.IMAGES.symlink_to(images)
        machines = virtual.Machines(plan, lab.name, hardware) if hardware else None
        _up_inside(plan, gobgpd, progress, fresh, with_pods, machines, source)


def _make_room(lab: LabDir, plan: Plan, recreate: bool, progress: Progress) -> bool:
    """True if the lab is to be built from nothing."""
    if lab.init_pid() is None:
        lab.forget()  # e.g. after a reboot
        return True
    old = state.recorded_plan(lab)
    changes = state.differences(old, plan) if old else ["its plan cannot be read"]
    if changes and not recreate:
        raise TestbedError(
            f"lab {lab.name!r} is up with another plan",
            why="; ".join(changes[:8]) + (" …" if len(changes) > 8 else ""),
            fix="--recreate replaces it; -n NAME makes another lab beside it",
        )
    if changes or recreate or _is_broken(lab, plan):
        with progress.step("take the old lab down"):
            lab.end_init()
            lab.forget()
        return True
    return False


def _prepare_data(
    lab: LabDir,
    plan: Plan,
    recreate: bool,
    progress: Progress,
    source: restored.Source | None,
) -> None:
    """What an earlier lab kept on disk is used again if it is of the same plan.

    The plan is written last: what a killed `up` put there without it is taken for nothing. What
    does not carry the lab's mark is refused, never removed.
    """
    if source:
        restored.fill(lab, source)
    elif lab.has_data:
        kept = state.read_plan(lab.data / "plan.json")
        if kept is None or state.differences(kept, plan) or recreate:
            progress.note(f"{lab.data} is of another plan: removed")
            lab.forget_data()
        else:
            progress.note(f"going on from {lab.data}")
    write_atomically(lab.claim_data() / "plan.json", plan.model_dump_json())


def _is_broken(lab: LabDir, plan: Plan) -> bool:
    """True if the network is incomplete: that is rebuilt from the plan, not patched."""
    pid = lab.init_pid()
    inside = Path(f"/proc/{pid}/root")
    if not (inside / state.BUILT.relative_to("/")).exists():
        return True
    return _in_child(lab, lambda: bool(build.damage(plan)))


def _in_child(lab: LabDir, question: Callable[[], bool]) -> bool:
    """Answer a question inside the lab without entering it for good."""
    import os

    child = os.fork()
    if child == 0:
        code = 1
        try:
            lab.enter()
            code = 10 if question() else 0
        finally:
            os._exit(code)
    answer = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return answer != 0  # a question that could not be asked means broken


def _up_inside(
    plan: Plan,
    gobgpd: Path | None,
    progress: Progress,
    fresh: bool,
    with_pods: bool,
    machines: virtual.Machines | None,
    source: restored.Source | None,
) -> None:
    if fresh:
        _build(plan, progress)  # while the supervisor starts
    supervisor = Supervisor()
    wait_for("the lab's supervisor", lambda: (supervisor.ready() or None, "no answer"), timeout=30)
    if source:
        assert machines is not None and gobgpd is not None
        restored.start(plan, source, machines, gobgpd, progress)
    else:
        state.BUILT.touch()
        _start(plan, gobgpd, progress, supervisor, fresh, machines)
    _verify(plan, gobgpd, progress, with_pods)


def _start(
    plan: Plan,
    gobgpd: Path | None,
    progress: Progress,
    supervisor: Supervisor,
    fresh: bool,
    machines: virtual.Machines | None,
) -> None:
    """From a network that stands to every node Ready."""
    overlay = bool(plan.cluster) and gobgpd is not None
    if machines:
        with progress.step("libvirt of the lab"):
            machines.start(supervisor, fresh)
        with progress.step(f"{len(machines.members)} virtual machines"):
            machines.boot(progress)
    with progress.step("routers and overlay started" if overlay else "routers started"):
        routers.prepare(plan)
        routers.start(plan, supervisor)
        if overlay:
            assert gobgpd is not None
            _start_overlay(plan, supervisor, gobgpd)
        supervisor.revive()
        if not fresh:
            routers.settle(plan, supervisor)
    with progress.step("IS-IS converged, verified against the plan's SPF"):
        verify.backbone_converged(plan)
    if overlay and plan.kubernetes:
        with progress.step("Kubernetes' control plane"):
            members.control(plan)
        if machines and machines.hardware.calico:
            calico_vpp.install(plan, machines.hardware.calico, progress)
        with progress.step("every node Ready"):
            members.ready(plan)


def _verify(plan: Plan, gobgpd: Path | None, progress: Progress, with_pods: bool) -> None:
    overlay = bool(plan.cluster) and gobgpd is not None
    if overlay:
        with progress.step("BGP sessions, blocks and policies on every node"):
            verify.cluster_complete(plan)
        if with_pods and plan.overlay == "agent":
            with progress.step("a pod on every node"):
                _default_pods(plan)
    if overlay and plan.kubernetes:
        with progress.step("DNS answers, Kubernetes is well"):
            members.well(plan)


def _build(plan: Plan, progress: Progress) -> None:
    with progress.step(f"{len(plan.nodes)} nodes and {len(plan.links)} links"):
        state.save(plan)
        build.build(plan)


def _start_overlay(plan: Plan, supervisor: Supervisor, gobgpd: Path) -> None:
    first = not state.GOBGPD.is_symlink()  # the lab may be older: an `up` that did not come so far
    members.start(plan, gobgpd, first)
    cluster.start_injectors(plan, supervisor, gobgpd)
    if first:
        state.GOBGPD.symlink_to(gobgpd)


def _default_pods(plan: Plan) -> None:
    pods.ensure(plan, {f"pod-{node.name}": node.name for node in cluster.present(plan)})


def down(lab: LabDir, progress: Progress, keep: bool = False) -> bool:
    """Remove all that the lab made and nothing else. False if there was nothing.

    `keep` leaves what a Kubernetes lab has on disk, for the next `up`. A directory without the
    lab's mark is left, and named.
    """
    if not lab.exists():
        lab.remove_root()  # a killed command may have left just that
        if keep or not lab.claims_data:
            for left in lab.strange_data:
                progress.note(left)
            return False
    strange: list[str] = []
    with lab.locked(PATIENCE), _uninterrupted(), progress.step(f"lab {lab.name} is down"):
        lab.end_init()
        sweep(lab.name)
        if not keep:
            strange = lab.forget_data()
        lab.remove()
    for left in strange:
        progress.note(left)
    return True


class _uninterrupted:
    """Ctrl-C waits: half a removal helps nobody."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
