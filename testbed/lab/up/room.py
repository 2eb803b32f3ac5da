"""Actions that make room for a lab on the host: the old one taken down, its data, its init."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from testbed import paths
from testbed.backbone import build
from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.host.labs import LabDir
from testbed.host.supervisor import LAB
from testbed.lab import state
from testbed.lab.up.context import UpContext
from testbed.plan import limits
from testbed.plan.model import Plan


def is_fresh(context: UpContext) -> bool:
    """The lab is built from nothing."""
    return context.fresh


def is_fresh_with_data(context: UpContext) -> bool:
    """The lab is built from nothing, and keeps data on disk."""
    return context.fresh and context.plan.orchestrator_traits.containers


def refuse_strange_data(context: UpContext) -> None:
    """Raise TestbedError where the lab's data would lie in a directory that is not its own."""
    to_build = context.recreate or context.lab.init_pid() is None
    if to_build and context.plan.orchestrator_traits.containers:
        context.lab.refuse_strange_data()


def make_room(context: UpContext) -> None:
    """Find out whether the lab is to be built from nothing; an old one that does not fit goes."""
    lab, plan = context.lab, context.plan
    if lab.init_pid() is None:
        lab.forget()  # e.g. after a reboot
        context.fresh = True
        return
    old = state.recorded_plan(lab)
    changes = state.differences(old, plan) if old else ["its plan cannot be read"]
    if changes and not context.recreate:
        raise TestbedError(
            f"lab {lab.name!r} is up with another plan",
            why="; ".join(changes[:8]) + (" …" if len(changes) > 8 else ""),
            fix="--recreate replaces it; -n NAME makes another lab beside it",
        )
    context.fresh = bool(changes) or context.recreate or _is_broken(lab, plan)
    if context.fresh:
        with context.progress.step("take the old lab down"):
            lab.end_init()
            lab.forget()


def make_empty_room(context: UpContext) -> None:
    """As make_room(); a lab that stands is refused."""
    make_room(context)
    if not context.fresh:
        name = context.lab.name
        raise TestbedError(
            f"lab {name!r} is up",
            why="machines go on from a snapshot where none runs",
            fix=f"testbed down -n {name}, first; or --recreate",
        )


def prepare_data(context: UpContext) -> None:
    """What an earlier lab kept on disk is used again if it is of the same plan.

    What does not carry the lab's mark is refused, never removed.
    """
    lab, plan = context.lab, context.plan
    if lab.has_data:
        kept = state.read_plan(lab.data / "plan.json")
        if kept is None or state.differences(kept, plan) or context.recreate:
            context.progress.note(f"{lab.data} is of another plan: removed")
            lab.forget_data()
        else:
            context.progress.note(f"going on from {lab.data}")
    record_data(context)


def record_data(context: UpContext) -> None:
    """Write the plan last: what a killed `up` put there without it is taken for nothing."""
    record = context.lab.claim_data() / "plan.json"
    write_atomically(record, context.plan.model_dump_json())


def start_init(context: UpContext) -> None:
    """Start the lab's init, with control groups of its own where nodes of this kernel need them."""
    lab, plan = context.lab, context.plan
    write_atomically(lab.plan_file, plan.model_dump_json())
    if context.command:
        write_atomically(lab.up_file, context.command + "\n")
    shared = not plan.provider_traits.own_kernel
    own_cgroups = plan.orchestrator_traits.containers and shared
    place = replace(LAB, open_files=limits.open_files(plan))
    lab.start_init(place.conf, context.lock, own_cgroups=own_cgroups)


def enter(context: UpContext) -> None:
    """Move into the lab, for good."""
    context.outside = os.open(context.lab.path, os.O_RDONLY | os.O_DIRECTORY)
    context.lab.enter()
    if is_fresh_with_data(context):
        assert context.images is not None
        paths.DATA.symlink_to(context.lab.data)
        paths.IMAGES.symlink_to(context.images)


def _is_broken(lab: LabDir, plan: Plan) -> bool:
    """True if the network is incomplete: that is rebuilt from the plan, not patched."""
    inside = Path(f"/proc/{lab.init_pid()}/root")
    if not (inside / paths.BUILT.relative_to("/")).exists():
        return True
    return _in_child(lab, lambda: bool(build.damage(plan)))


def _in_child(lab: LabDir, question: Callable[[], bool]) -> bool:
    """Answer a question inside the lab without entering it for good."""
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
