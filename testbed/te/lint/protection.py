"""Checks that policies which ask for detours (`protect`) can get some."""

from __future__ import annotations

from collections.abc import Iterator

from testbed import usid
from testbed.te.lint.findings import Finding
from testbed.te.lint.subject import Subject
from testbed.te.owners import Kind, Owners

_FOLLOWED = (Kind.END, Kind.END_X, Kind.UN, Kind.UA, Kind.NODE)


def check(owners: Owners, subject: Subject) -> Iterator[Finding]:
    """Findings on labs without TE engine, and on waypoints that the engine cannot follow."""
    if not subject.protect:
        return
    plan = owners.plan
    if not plan.overlay_traits.agents or not plan.injectors:
        lacking = "injector" if plan.overlay_traits.agents else "agents of the testbed"
        yield Finding(
            "error",
            subject.where,
            f"nobody offers detours here (protect): without {lacking} there is no TE engine",
            "leave protect out, or use overlay agent and a topology with an injector",
        )
        return
    for number, item in enumerate(subject.candidate.segment_lists):
        for place, segment in enumerate(item.segments):
            for sid in usid.parts(segment.sid):
                owned = owners.get(sid)
                if owned is not None and owned.kind in (Kind.INTERFACE, Kind.BINDING):
                    yield Finding(
                        "error",
                        subject.segment_at(number, place),
                        f"protect knows routers and their adjacencies, and cannot tell when {sid} "
                        f"({owned.kind.value}) is gone",
                        f"name {owned.node} itself, or leave protect out",
                    )
