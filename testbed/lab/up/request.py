"""What a user asks of `up`, turned into a context: plan, checks of the machine, supplies."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testbed.artefacts import ensure, program
from testbed.doctor.preflight import plan_preflight, preflight
from testbed.errors import MachineUnfit
from testbed.host.labs import LabDir
from testbed.host.progress import Progress
from testbed.lab.up.context import UpContext
from testbed.lab.up.source import Source
from testbed.orchestrators.overlays.registry import overlay_of
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan, Profile
from testbed.plan.resolve import resolve
from testbed.providers.registry import provider_of
from testbed.providers.vagrant.stock.catalogue import location
from testbed.topology.load import Pending


@dataclass(frozen=True)
class UpRequest:
    """The options of `testbed up`; names are those of testbed.plan.traits."""

    lab: LabDir
    topology: str = "full"
    profile: Profile = "fast"
    parameters: Mapping[str, str] = field(default_factory=dict)
    orchestrator: str = "kubernetes"
    provider: str = "namespace"
    overlay: str = "agent"
    box: str | None = None
    recreate: bool = False
    with_pods: bool = True
    from_snapshot: str | None = None


def command_of(request: UpRequest) -> str:
    """The command that asks for the same again, from any directory."""
    file = Path(request.topology)
    topology = str(file.resolve()) if file.suffix == ".py" else request.topology
    words = ["testbed", "up", topology, "-n", request.lab.name]
    default = UpRequest(request.lab)
    for option, given, usual in (
        ("--profile", request.profile, default.profile),
        ("--cluster", request.orchestrator, default.orchestrator),
        ("--nodes", request.provider, default.provider),
        ("--overlay", request.overlay, default.overlay),
        ("--box", request.box, default.box),
    ):
        if given is not None and given != usual:
            words += [option, given]
    for key, value in request.parameters.items():
        words += ["--set", f"{key}={value}"]
    return shlex.join(words if request.with_pods else [*words, "--no-pods"])


def planned(request: UpRequest, pending: Pending, progress: Progress) -> Plan:
    """The plan, once this machine was found fit for it. Raises TestbedError.

    `pending` is the topology, which another process evaluates meanwhile.
    """
    fresh = request.lab.init_pid() is None
    warnings = preflight() if fresh else []
    box = request.box and location(request.box)
    plan = resolve(pending.plan(), request.orchestrator, request.provider, request.overlay, box)
    warnings += plan_preflight(plan) if fresh else []
    for warning in warnings:
        progress.note(f"{warning.check}: {warning.seen}; {warning.fix}")
    return plan


def prepared(request: UpRequest, plan: Plan, progress: Progress) -> UpContext:
    """A context with everything that is chosen or made outside of the lab. Raises TestbedError."""
    overlay_of(plan).fetch(progress.note)  # first: most machines cannot have Calico-VPP
    source = None
    if request.from_snapshot is not None:
        source = Source.of(request.lab.name, request.from_snapshot, plan)
    programs = _choose_gobgpd(plan)
    images = orchestrator_of(plan).image_store()
    preparation = provider_of(plan).prepare(plan, request.lab.name, images, progress)
    if source:
        source.check(plan, preparation)
    return UpContext(
        lab=request.lab,
        plan=plan,
        progress=progress,
        preparation=preparation,
        programs=programs,
        images=images,
        source=source,
        recreate=request.recreate,
        with_pods=request.with_pods,
        command=command_of(request),
    )


def _choose_gobgpd(plan: Plan) -> Path | None:
    """The gobgpd of this lab, with all other programs that it needs; None without BGP speakers."""
    if not plan.cluster and not plan.injectors:
        return None
    ensure(orchestrator_of(plan).programs)
    given = os.environ.get("TESTBED_GOBGPD")
    if given is None:
        return program("gobgpd")
    if not (Path(given).is_file() and os.access(given, os.X_OK)):
        raise MachineUnfit(f"{given} is no program", fix="set or unset TESTBED_GOBGPD")
    return Path(given).resolve()
