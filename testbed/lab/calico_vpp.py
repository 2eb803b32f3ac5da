"""Calico-VPP on the nodes of a lab, where our agent would be."""

from __future__ import annotations

from testbed.cluster import calico_vpp
from testbed.images.calico_vpp import Supplies
from testbed.images.load import load, loaded
from testbed.lab.images import announce, of_lab
from testbed.lab.members import kubernetes_api
from testbed.lab.orchestrate import UPLINK
from testbed.lab.progress import Progress
from testbed.plan.model import Plan


def install(plan: Plan, supplies: Supplies, progress: Progress) -> None:
    """Images onto every node, then Calico's objects and ours in order. Raises TestbedError."""
    lab = of_lab(plan)
    there = loaded(lab.kept)
    with progress.step(f"{len(supplies.images)} images of Calico-VPP on every node"):
        for image, archive in supplies.images.items():
            if image not in there:
                with archive.open("rb") as stream:
                    load(stream, str(archive), lab)
        announce(plan, loaded(lab.kept))
    with progress.step("Calico's operator, Calico-VPP's objects"):
        calico_vpp.apply(plan, kubernetes_api(plan), supplies.manifests, UPLINK)
