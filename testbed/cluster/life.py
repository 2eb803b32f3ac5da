"""A Kubernetes cluster's life on the lab's nodes: started, made whole again, joined and left."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path

from testbed.artefacts import program
from testbed.cluster import api_objects, backend, certificates, images, node_files, pki, programs
from testbed.cluster.api import USERS, KubernetesApi, connect
from testbed.cluster.programs import Phase
from testbed.cluster.storage import Storage
from testbed.cluster.wait import api_ready, containerd_answers, crds_established, nodes_ready
from testbed.errors import MachineUnfit
from testbed.host.run import run
from testbed.host.supervisor import Program
from testbed.images.builtin import recipes
from testbed.images.load import load_again
from testbed.nodes import cluster
from testbed.nodes.handle import NodeFiles, NodeHandle
from testbed.nodes.handles import handle, on_each
from testbed.plan.model import Node, Plan
from testbed.render.kubernetes import proxy_mode
from testbed.render.kubernetes_network import control_plane

CNI_PLUGIN = "/opt/cni/bin/testbed"
CNI_PLUGINS = Path("/usr/lib/cni")  # the distribution's


def start(plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage) -> None:
    """Start what can be started at once on these nodes; what runs already stays as it is."""
    backend.appear(plan, nodes, storage)
    alive = on_each(lambda node: handle(node.name).alive(), nodes)
    new = [node for node, there in zip(nodes, alive, strict=True) if not there]
    _make(plan, new, storage)
    _run(plan, nodes, Phase.AT_ONCE)
    cluster.configure(plan, nodes)
    if not plan.virtual:
        cluster.start(nodes, gobgpd)
    cluster.write_injector_peers(plan)


def control(plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage) -> None:
    """Start what waits for something else; returns when the API server is ready and filled."""
    names = [n.name for n in nodes]
    containerd_answers(names)
    load_again(images.of_nodes(names, storage.loaded), names)
    if not plan.virtual:
        _run(plan, nodes, Phase.CONTAINERD_ANSWERS)
    api = connect(plan, "bootstrap")
    api_ready(api.client)
    _run(plan, nodes, Phase.API_READY)
    if control_plane(plan) in nodes:
        apply_base(plan, api, storage.image_names())
    if plan.virtual:
        # machines share this one's processors: before, what asks the API server would starve it
        _run(plan, nodes, Phase.CONTAINERD_ANSWERS)
        if plan.overlay == "agent":
            cluster.start(nodes, gobgpd)


def ready(plan: Plan, nodes: Sequence[Node]) -> None:
    """Wait until these nodes are Ready, and give them the labels that they may not take."""
    api = connect(plan)
    nodes_ready(api, [n.name for n in nodes])
    for node in nodes:
        labels = api_objects.node_labels(node)
        if labels:
            metadata = {"name": node.name, "labels": labels}
            api.apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata})


def join(plan: Plan, nodes: Sequence[Node], gobgpd: Path, storage: Storage) -> None:
    """Bring nodes up that join a running cluster; returns when they are Ready."""
    start(plan, nodes, gobgpd, storage)
    control(plan, nodes, gobgpd, storage)
    ready(plan, nodes)


def leave(plan: Plan, node: Node) -> None:
    """Take a node away: its Node object first, so that its blocks come back, then all of it."""
    connect(plan).delete({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name}})
    backend.remove(plan, node.name)
    (cluster.NODES / node.name / "agent.json").unlink(missing_ok=True)
    cluster.write_injector_peers(plan)


def _make(plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
    """Keys, files, and a root of its own for every node."""
    if not nodes:
        return
    now = datetime.now(timezone.utc)
    keys = pki.ensure_keys(storage.keys, now, say)
    write_users(plan, keys, now)
    backend.make(plan, {node.name: files_of(plan, node, keys, now) for node in nodes}, storage)


def files_of(plan: Plan, node: Node, keys: pki.Keys, now: datetime) -> NodeFiles:
    """What a node is to hold, with certificates that begin now."""
    from testbed.agent import cni_plugin

    there = handle(node.name)
    files = node_files.node_files(
        plan,
        node,
        keys,
        now,
        containerd_format=_format(),
        proxy_mode=proxy_mode(there.kernel()),
    )
    written = {"/etc/resolv.conf": files["resolv.conf"]}
    links = {f"/opt/cni/bin/{n}": str(CNI_PLUGINS / n) for n in ("loopback", "portmap")}
    if plan.overlay == "agent":  # Calico installs a plugin of its own
        written["/etc/cni/net.d/10-testbed.conflist"] = files["cni/10-testbed.conflist"]
        links[CNI_PLUGIN] = str(there.package(Path(str(cni_plugin.__file__))))
    return NodeFiles(kubernetes=files, files=written, links=links)


def write_users(plan: Plan, keys: pki.Keys, now: datetime) -> None:
    """The administrator's kubeconfig, and key pairs for the testbed's own requests."""
    files = {
        "ca.crt": keys.cluster.certificate,
        "admin.conf": node_files.admin_kubeconfig(plan, keys, now),
    }
    for request in (certificates.ADMIN, certificates.BOOTSTRAP):
        lifetime = pki.LEAF_LIFETIME
        if request is certificates.BOOTSTRAP:
            lifetime = node_files.BOOTSTRAP_LIFETIME
        pair = pki.issue(keys, request, now, lifetime)
        files |= {f"{request.file}.crt": pair.certificate, f"{request.file}.key": pair.key}
    node_files.write_files(USERS, files)


def _run(plan: Plan, nodes: Sequence[Node], phase: Phase) -> None:
    def add(node: Node) -> None:
        there = handle(node.name)
        wanted = programs.programs(plan, node, partial(_binary, there))[phase]
        if wanted:
            there.services.add([_named(p) for p in wanted])

    on_each(add, nodes)


def _binary(there: NodeHandle, name: str) -> Path:
    """A pinned program, where this node has it; containerd is the distribution's."""
    return there.path_of(_containerd() if name == "containerd" else program(name))


def _containerd() -> Path:
    name = "containerd"
    found = shutil.which(name)
    if found is None:
        raise MachineUnfit("containerd is not installed", fix="make deps")
    return Path(found)


def _named(wanted: Program) -> Program:
    """As the lab names it: worker1.kubelet."""
    return replace(wanted, name=f"{wanted.node}.{wanted.name}")


def apply_base(plan: Plan, api: KubernetesApi, images: Sequence[str]) -> None:
    """The objects that every lab's API server holds from the start."""
    calico = plan.overlay == "calico-vpp"
    for document in api_objects.definitions(images, calico):
        api.apply(document)
    if not calico:
        crds_established(api, api_objects.crd_names())
        for document in api_objects.resources(plan):
            api.apply(document)
    for document in api_objects.dns(plan):
        api.apply(document)
    cluster.write_te_mode(plan.te_mode, api)


def announce_images(api: KubernetesApi, names: Sequence[str]) -> None:
    """Tell the cluster that pods find these images on every node, so that none is pulled."""
    api.apply(api_objects.loaded_images([*(r.name for r in recipes()), *names]))


@cache
def _format() -> int:
    """Of containerd's configuration: 2 before containerd 2.0, 3 from then on."""
    said = run([str(_containerd()), "--version"], check=False).stdout
    found = re.search(r" v?(\d+)\.\d+\.\d+", said)
    if not found:
        raise MachineUnfit("the version of containerd is not known", why=said.strip())
    return 3 if int(found.group(1)) >= 2 else 2


def say(text: str) -> None:
    """A line for who waits, on stderr."""
    print(text, file=sys.stderr)
