"""A Kubernetes cluster's life on the lab's nodes: started, made whole again, joined and left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from testbed.api_objects import te_mode_object
from testbed.artefacts import program
from testbed.host.supervisor import DEAD, Program
from testbed.images.store.load import load_again
from testbed.kube.documents import KubeObject
from testbed.orchestrators import agents
from testbed.orchestrators.kubernetes import base_objects, containerd, images, programs, users
from testbed.orchestrators.kubernetes.api import USERS, KubernetesApi, connect
from testbed.orchestrators.kubernetes.notes import print_note
from testbed.orchestrators.kubernetes.pki import authorities, x509
from testbed.orchestrators.kubernetes.pki.authorities import Keys
from testbed.orchestrators.kubernetes.programs import Phase
from testbed.orchestrators.kubernetes.renewal import renew_if_due
from testbed.orchestrators.kubernetes.wait import (
    api_ready,
    api_takes_objects,
    containerd_answers,
    crds_established,
    nodes_ready,
)
from testbed.orchestrators.kubernetes.wanted_files import wanted_files
from testbed.orchestrators.overlays.registry import overlay_of
from testbed.plan.kubernetes import control_plane
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeHandle
from testbed.providers.members import agent_file, present
from testbed.providers.registry import handle, on_each, provider_of
from testbed.providers.storage import Storage


def start(plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage) -> None:
    """Start what can be started at once on these nodes; what runs already stays as it is."""
    now = datetime.now(timezone.utc)
    provider_of(plan).appear(plan, nodes, storage)
    keys = authorities.ensure_keys(storage.keys, now, print_note)
    users.write(USERS, plan, keys.cluster, now)
    members = {node.name: node for node in (*present(plan), *nodes)}.values()
    alive = on_each(lambda node: handle(node.name).alive(), list(members))
    standing = [node for node, there in zip(members, alive, strict=True) if there]
    renew_if_due(plan, standing, storage, keys, now)
    on_each(_revive, standing)
    _make_nodes(plan, [node for node in nodes if node not in standing], storage, keys, now)
    _start_phase(plan, nodes, Phase.AT_ONCE)
    agents.configure(plan, nodes)
    if not plan.provider_traits.starts_late:
        overlay_of(plan).start(nodes, gobgpd)
    agents.write_injector_peers(plan)


def start_control_plane(
    plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage, fresh: bool
) -> None:
    """Start what waits for something else; returns when the API server is ready and filled.

    Only a fresh lab's objects are made as the plan says: later they may be others' work.
    """
    names = [n.name for n in nodes]
    containerd_answers(names)
    load_again(images.of_nodes(names, storage.loaded), names)
    if not plan.provider_traits.starts_late:
        _start_phase(plan, nodes, Phase.CONTAINERD_ANSWERS)
    api = connect(plan, "bootstrap")
    if control_plane(plan) in nodes:
        api_takes_objects(api)  # a second before it is ready: the agents may read the sooner
        apply_base(plan, api, storage.image_names(), api.apply if fresh else api.make_if_absent)
    api_ready(api)
    _start_phase(plan, nodes, Phase.API_READY)
    if plan.provider_traits.starts_late:
        _start_phase(plan, nodes, Phase.CONTAINERD_ANSWERS)
        overlay_of(plan).start(nodes, gobgpd)


def ready(plan: Plan, nodes: Sequence[Node]) -> None:
    """Wait until these nodes are Ready, and give them the labels that they may not take."""
    api = connect(plan)
    nodes_ready(api, [n.name for n in nodes])
    for node in nodes:
        labels = base_objects.node_labels(node)
        if labels:
            metadata = {"name": node.name, "labels": labels}
            api.apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata})


def join(plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage) -> None:
    """Bring nodes up that join a running cluster; returns when they are Ready."""
    start(plan, nodes, gobgpd, storage)
    start_control_plane(plan, nodes, gobgpd, storage, fresh=False)
    ready(plan, nodes)


def leave(plan: Plan, node: Node) -> None:
    """Take a node away: its Node object first, so that its blocks come back, then all of it."""
    connect(plan).delete({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name}})
    provider_of(plan).remove(node.name)
    agent_file(node.name).unlink(missing_ok=True)
    agents.write_injector_peers(plan)


def _make_nodes(
    plan: Plan, nodes: Sequence[Node], storage: Storage, keys: Keys, now: datetime
) -> None:
    """Keys, files, and a root of its own for every node."""
    if nodes:
        wanted = {node.name: wanted_files(plan, node, keys, now) for node in nodes}
        provider_of(plan).provision(wanted, storage)


def _revive(node: Node) -> None:
    """Start the node's programs that were stopped, e.g. by an `up` that was killed."""
    services = handle(node.name).services
    services.start([n for n, program in services.states().items() if program.statename in DEAD])


def _start_phase(plan: Plan, nodes: Sequence[Node], phase: Phase) -> None:
    def add(node: Node) -> None:
        there = handle(node.name)
        wanted = programs.programs(plan, node, partial(_find_binary, there))[phase]
        if wanted:
            there.services.add([_with_node_name(p) for p in wanted])

    on_each(add, nodes)


def _find_binary(there: NodeHandle, name: str) -> Path:
    """A pinned program, where this node has it; containerd is the distribution's."""
    return there.path_of(containerd.path() if name == containerd.NAME else program(name))


def _with_node_name(wanted: Program) -> Program:
    """As the lab names it: worker1.kubelet."""
    return replace(
        wanted,
        name=f"{wanted.node}.{wanted.name}",
        restarts_with=wanted.restarts_with and f"{wanted.node}.{wanted.restarts_with}",
        followed_by=wanted.followed_by and f"{wanted.node}.{wanted.followed_by}",
    )


def apply_base(
    plan: Plan, api: KubernetesApi, images: Sequence[str], make: Callable[[KubeObject], None]
) -> None:
    """The objects that every lab's API server holds from the start.

    The definitions are the testbed's; `make` makes what users may change.
    """
    overlay, intents = overlay_of(plan), plan.takes_intent_objects
    for document in base_objects.definitions(images, overlay.own_definitions, intents):
        api.apply(document)
    if not overlay.own_definitions:
        crds_established(api, base_objects.crd_names(intents))
    authority = x509.public_key_hash((USERS / "ca.crt").read_text())
    for document in (
        *overlay.objects(plan),
        *base_objects.dns(plan, authority),
        te_mode_object(plan.te_mode),
    ):
        make(document)
