"""Making and removing the nodes of a Kubernetes cluster, in namespaces or as virtual machines."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from testbed.artefacts import program
from testbed.cluster import node_files
from testbed.cluster.storage import Storage
from testbed.host.supervisor import Supervisor
from testbed.nodes import cluster, containers, guests
from testbed.nodes.handle import NodeFiles
from testbed.plan.model import Plan
from testbed.vm.machines import Files

TOOLS = ("kubectl", "etcd", "kubelet", "gobgp")


def make(plan: Plan, wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
    """Make nodes with their files; returns when all are alive. Raises TestbedError."""
    if plan.virtual:
        _machines(plan, wanted, storage)
    else:
        _namespaces(wanted, storage)


def remove(plan: Plan, name: str) -> None:
    """End a node and all of it. What it had on disk goes with a machine, stays otherwise."""
    if plan.virtual:
        guests.remove(name)
    else:
        containers.remove(name, Supervisor())


def _namespaces(wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
    storage.fill(wanted)
    tools = {name: program(name) for name in TOOLS}
    for name, node in wanted.items():
        node_files.write_files(cluster.NODES / name / "kubernetes", node.kubernetes)
        containers.write_spec(name, storage.node(name), tools, node.files, node.links)
    containers.start(list(wanted), Supervisor())


def _machines(plan: Plan, wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
    guests.boot(plan, list(wanted), Files.of(storage.directory))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_prepare, wanted.items()))


def _prepare(wanted: tuple[str, NodeFiles]) -> None:
    name, files = wanted
    node = guests.known(name)
    assert node is not None, f"{name} was booted"
    node.prepare(files)
