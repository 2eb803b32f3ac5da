"""A Kubernetes cluster's life on the lab's nodes: started, made whole again, joined and left."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path

from testbed.artefacts import program
from testbed.errors import MachineUnfit
from testbed.host.run import run
from testbed.host.secret_files import write_secret_files
from testbed.host.supervisor import Program
from testbed.images.store.load import load_again
from testbed.orchestrators import agents
from testbed.orchestrators.kubernetes import base_objects, images, node_files, programs
from testbed.orchestrators.kubernetes.api import USERS, KubernetesApi, connect
from testbed.orchestrators.kubernetes.pki import authorities, certificates
from testbed.orchestrators.kubernetes.programs import Phase
from testbed.orchestrators.kubernetes.wait import (
    api_ready,
    containerd_answers,
    nodes_ready,
)
from testbed.orchestrators.overlays.registry import overlay_of
from testbed.paths import CNI_PLUGINS
from testbed.plan.kubernetes import control_plane
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeFiles, NodeHandle
from testbed.providers.members import agent_file
from testbed.providers.registry import handle, on_each, provider_of
from testbed.providers.storage import Storage
from testbed.render import containerd
from testbed.render.kubernetes import proxy_mode

_PLUGIN_PACKAGE = Path("/usr/lib/cni")  # where the distribution has its CNI plugins


def start(plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage) -> None:
    """Start what can be started at once on these nodes; what runs already stays as it is."""
    provider_of(plan).appear(plan, nodes, storage)
    alive = on_each(lambda node: handle(node.name).alive(), nodes)
    new = [node for node, there in zip(nodes, alive, strict=True) if not there]
    _make_nodes(plan, new, storage)
    _start_phase(plan, nodes, Phase.AT_ONCE)
    agents.configure(plan, nodes)
    if not plan.provider_traits.starts_late:
        overlay_of(plan).start(nodes, gobgpd)
    agents.write_injector_peers(plan)


def start_control_plane(plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage) -> None:
    """Start what waits for something else; returns when the API server is ready and filled."""
    names = [n.name for n in nodes]
    containerd_answers(names)
    load_again(images.of_nodes(names, storage.loaded), names)
    if not plan.provider_traits.starts_late:
        _start_phase(plan, nodes, Phase.CONTAINERD_ANSWERS)
    api = connect(plan, "bootstrap")
    api_ready(api)
    _start_phase(plan, nodes, Phase.API_READY)
    if control_plane(plan) in nodes:
        apply_base(plan, api, storage.image_names())
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
    start_control_plane(plan, nodes, gobgpd, storage)
    ready(plan, nodes)


def leave(plan: Plan, node: Node) -> None:
    """Take a node away: its Node object first, so that its blocks come back, then all of it."""
    connect(plan).delete({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name}})
    provider_of(plan).remove(node.name)
    agent_file(node.name).unlink(missing_ok=True)
    agents.write_injector_peers(plan)


def _make_nodes(plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
    """Keys, files, and a root of its own for every node."""
    if not nodes:
        return
    now = datetime.now(timezone.utc)
    keys = authorities.ensure_keys(storage.keys, now, print_note)
    write_users(plan, keys, now)
    wanted = {node.name: files_of(plan, node, keys, now) for node in nodes}
    provider_of(plan).provision(wanted, storage)


def files_of(plan: Plan, node: Node, keys: authorities.Keys, now: datetime) -> NodeFiles:
    """What a node is to hold, with certificates that begin now."""
    there = handle(node.name)
    files = node_files.node_files(
        plan,
        node,
        keys,
        now,
        containerd=_containerd_version(),
        proxy_mode=proxy_mode(there.kernel()),
    )
    cni = overlay_of(plan).cni(files["cni/10-testbed.conflist"], there)
    plugins = {f"{CNI_PLUGINS}/{n}": str(_PLUGIN_PACKAGE / n) for n in ("loopback", "portmap")}
    written = {"/etc/resolv.conf": files["resolv.conf"], **cni.files}
    return NodeFiles(kubernetes=files, files=written, links={**plugins, **cni.links})


def write_users(plan: Plan, keys: authorities.Keys, now: datetime) -> None:
    """The administrator's kubeconfig, and key pairs for the testbed's own requests."""
    files = {
        "ca.crt": keys.cluster.certificate,
        "admin.conf": node_files.admin_kubeconfig(plan, keys, now),
    }
    for request in (certificates.ADMIN, certificates.BOOTSTRAP):
        lifetime = authorities.LEAF_LIFETIME
        if request is certificates.BOOTSTRAP:
            lifetime = node_files.BOOTSTRAP_LIFETIME
        pair = authorities.issue(keys, request, now, lifetime)
        files |= {f"{request.file}.crt": pair.certificate, f"{request.file}.key": pair.key}
    write_secret_files(USERS, files)


def _start_phase(plan: Plan, nodes: Sequence[Node], phase: Phase) -> None:
    def add(node: Node) -> None:
        there = handle(node.name)
        wanted = programs.programs(plan, node, partial(_find_binary, there))[phase]
        if wanted:
            there.services.add([_with_node_name(p) for p in wanted])

    on_each(add, nodes)


def _find_binary(there: NodeHandle, name: str) -> Path:
    """A pinned program, where this node has it; containerd is the distribution's."""
    return there.path_of(_containerd() if name == "containerd" else program(name))


def _containerd() -> Path:
    name = "containerd"
    found = shutil.which(name)
    if found is None:
        raise MachineUnfit("containerd is not installed", fix="make deps")
    return Path(found)


def _with_node_name(wanted: Program) -> Program:
    """As the lab names it: worker1.kubelet."""
    return replace(
        wanted,
        name=f"{wanted.node}.{wanted.name}",
        restarts_with=wanted.restarts_with and f"{wanted.node}.{wanted.restarts_with}",
        followed_by=wanted.followed_by and f"{wanted.node}.{wanted.followed_by}",
    )


def apply_base(plan: Plan, api: KubernetesApi, images: Sequence[str]) -> None:
    """The objects that every lab's API server holds from the start."""
    overlay = overlay_of(plan)
    for document in base_objects.definitions(images, overlay.own_definitions):
        api.apply(document)
    overlay.apply(plan, api)
    for document in base_objects.dns(plan):
        api.apply(document)
    agents.write_te_mode(plan.te_mode, api)


@cache
def _containerd_version() -> containerd.Version:
    said = run([str(_containerd()), "--version"], check=False).stdout
    try:
        return containerd.parse_version(said)
    except ValueError:
        raise MachineUnfit(
            "the version of containerd is not known", why=said.strip(), fix="make deps"
        ) from None


def print_note(text: str) -> None:
    """A line for who waits, on stderr."""
    print(text, file=sys.stderr)
