"""Making and removing the nodes of a Kubernetes cluster, in namespaces or as virtual machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from testbed.artefacts import program
from testbed.host.supervisor import Supervisor
from testbed.orchestrators.kubernetes import node_files
from testbed.orchestrators.kubernetes.storage import Storage
from testbed.paths import NODES
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeFiles
from testbed.providers.namespaces import provision
from testbed.providers.vagrant import node as guests
from testbed.providers.vagrant.machines import Files

TOOLS = ("kubectl", "etcd", "kubelet", "gobgp")


def appear(plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
    """Boot what has to be there before it can be given anything; a namespace comes with make()."""
    if plan.virtual:
        guests.boot(plan, [node.name for node in nodes], Files.of(storage.directory))


def make(plan: Plan, wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
    """Make nodes with their files; returns when all are alive. Raises TestbedError."""
    if plan.virtual:
        with ThreadPoolExecutor(len(wanted)) as pool:
            list(pool.map(_prepare, wanted.items()))
    else:
        _namespaces(wanted, storage)


def remove(plan: Plan, name: str) -> None:
    """End a node and all of it. What it had on disk goes with a machine, stays otherwise."""
    if plan.virtual:
        guests.remove(name)
    else:
        provision.remove(name, Supervisor())


def _namespaces(wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
    storage.fill(wanted)
    tools = {name: program(name) for name in TOOLS}
    for name, node in wanted.items():
        node_files.write_files(NODES / name / "kubernetes", node.kubernetes)
        provision.write_spec(name, storage.node(name), tools, node.files, node.links)
    provision.start(list(wanted), Supervisor())


def _prepare(wanted: tuple[str, NodeFiles]) -> None:
    name, files = wanted
    node = guests.known(name)
    assert node is not None, f"{name} was booted"
    node.prepare(files)
