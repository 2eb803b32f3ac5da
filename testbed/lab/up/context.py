"""Everything that the actions of `up` share."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from testbed.errors import MachineUnfit
from testbed.host import labs
from testbed.host.labs import LabDir
from testbed.host.progress import Progress
from testbed.host.supervisor import Supervisor
from testbed.lab.up.source import Source
from testbed.orchestrators.base import Orchestrator
from testbed.orchestrators.overlays.base import NodeOverlay
from testbed.orchestrators.overlays.registry import overlay_of
from testbed.orchestrators.registry import orchestrator_of
from testbed.paths import BUILT
from testbed.plan.model import Plan
from testbed.providers.base import Preparation, Provider
from testbed.providers.registry import provider_of


@dataclass
class UpContext:
    """One `up`. What is chosen outside of the lab is given; the rest comes about on the way.

    `images`: the image store of nodes, if pods are containers. `preparation`: what the nodes are
    made from. `source`: the snapshot to go on from. `fresh`: the lab is built from nothing.
    `command`: how `up` was called. `outside`: the lab's directory on the host, open, which is out
    of sight from inside the lab.
    """

    lab: LabDir
    plan: Plan
    progress: Progress
    preparation: Preparation
    programs: Path | None = None  # the gobgpd of this lab; None where nobody speaks BGP
    images: Path | None = None
    source: Source | None = None
    recreate: bool = False
    with_pods: bool = True
    fresh: bool = True
    command: str = ""
    lock: int = field(default=-1, repr=False)
    outside: int = field(default=-1, repr=False)
    resumed: datetime = datetime.min  # UTC, when saved machines went on

    def note_built(self) -> None:
        """The network stands: put that on record, in the lab and outside of it."""
        BUILT.touch()
        if self.outside >= 0:
            os.close(os.open(labs.BUILT, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=self.outside))

    @property
    def provider(self) -> Provider:
        return provider_of(self.plan)

    @property
    def orchestrator(self) -> Orchestrator:
        return orchestrator_of(self.plan)

    @property
    def overlay(self) -> NodeOverlay:
        return overlay_of(self.plan)

    @cached_property
    def supervisor(self) -> Supervisor:
        """The lab's; the process is inside the lab."""
        return Supervisor()

    @property
    def gobgpd(self) -> Path:
        """The gobgpd that nodes and injectors run. Raises MachineUnfit where none was chosen."""
        if self.programs is None:
            raise MachineUnfit("there is no gobgpd", fix="testbed artefacts fetch")
        return self.programs
