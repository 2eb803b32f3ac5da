"""The provider `namespace`: cluster nodes are namespaces of this kernel, and there at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from testbed.artefacts import program
from testbed.host.progress import Progress
from testbed.host.secret_files import write_secret_files
from testbed.host.supervisor import ProgramState, Supervisor
from testbed.paths import NODES
from testbed.plan.model import Node, Plan, Port
from testbed.providers.base import NodeFiles, NodeHandle
from testbed.providers.namespaces import provision, services
from testbed.providers.namespaces.node import NamespaceNode
from testbed.providers.storage import Storage

TOOLS = ("kubectl", "etcd", "kubelet", "gobgp")


class NothingToBoot:
    """A Preparation: namespaces come into being when they are given their files."""

    machines: Sequence[str] = ()

    def begin(self, supervisor: Supervisor, fresh: bool) -> None:
        """Nothing has to run before namespaces."""

    def boot(self, arrived: Callable[[str], None]) -> None:
        """Nothing boots."""


class Namespaces:
    """A Provider."""

    def prepare(
        self, plan: Plan, lab: str, images: Path | None, progress: Progress
    ) -> NothingToBoot:
        return NothingToBoot()

    def wire(self, plan: Plan) -> str:
        return ""

    def damage(self, plan: Plan) -> list[str]:
        return []

    def port_end(self, plan: Plan, port: Port) -> tuple[str | None, str]:
        return port.node, port.interface

    def appear(self, plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
        """A namespace comes with provision()."""

    def provision(self, wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
        storage.fill(wanted)
        tools = {name: program(name) for name in TOOLS}
        for name, node in wanted.items():
            write_secret_files(NODES / name / "kubernetes", node.kubernetes)
            provision.write_spec(name, storage.node(name), tools, node.files, node.links)
        provision.start(list(wanted), Supervisor())

    def remove(self, name: str) -> None:
        """What the node had on disk stays."""
        provision.remove(name, Supervisor())

    def find(self, name: str) -> NodeHandle | None:
        return NamespaceNode(name)

    def names(self) -> list[str]:
        return services.with_init()

    def states(self) -> dict[str, ProgramState]:
        return services.node_states()

    def describe(self, plan: Plan) -> dict[str, str] | None:
        return None
