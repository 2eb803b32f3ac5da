"""What was loaded into a lab is on a node before its kubelet starts, also if it joins later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File
from testbed.images.store.load import load
from testbed.orchestrators.kubernetes import images, lifecycle
from testbed.orchestrators.kubernetes.programs import Phase
from testbed.orchestrators.overlays.agent import AgentOverlay
from testbed.plan.model import Node, Plan
from testbed.providers.storage import Storage
from tests.unit.orchestrators.kubernetes.cluster_plans import cluster_plan

NAME = "example.invalid/web:1"
PLAN = cluster_plan(workers=2)


class Nodes:
    """Each node's containerd, and what happened in which order."""

    def __init__(self) -> None:
        self.imported: dict[str, list[str]] = {}
        self.events: list[tuple[str, str]] = []

    def handle(self, node: str) -> SimpleNamespace:
        def run(argv: Sequence[str], stdin: Path | None) -> str:
            there = self.imported.setdefault(node, [])
            if stdin is not None:
                there.append(NAME)
                self.events.append((node, "import"))
            return "\n".join(there) if "list" in argv else ""

        return SimpleNamespace(run=run)

    def run(self, _: Plan, nodes: Sequence[Node], phase: Phase) -> None:
        if phase is Phase.CONTAINERD_ANSWERS:
            self.events += [(node.name, "kubelet") for node in nodes]


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Nodes:
    nodes = Nodes()
    monkeypatch.setattr(images, "handle", nodes.handle)
    monkeypatch.setattr(lifecycle, "_start_phase", nodes.run)
    api = SimpleNamespace(client=None, make_if_absent=None)
    monkeypatch.setattr(lifecycle, "connect", lambda *_: api)
    elsewhere = (
        "start",
        "containerd_answers",
        "api_takes_objects",
        "apply_base",
        "api_ready",
        "ready",
    )
    for name in elsewhere:
        monkeypatch.setattr(lifecycle, name, lambda *_: None)
    monkeypatch.setattr(AgentOverlay, "start", lambda *_: None)
    return nodes


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "data", tmp_path / "store")


def load_into(names: Sequence[str], storage: Storage, tmp_path: Path) -> None:
    write_layout(Image(NAME, {"/f": File(b"x")}), tmp_path / "web.tar")
    with (tmp_path / "web.tar").open("rb") as stream:
        load(stream, "web.tar", images.of_nodes(names, storage.loaded))


@pytest.mark.parametrize("backend", ["namespace", "vagrant"])
def test_a_node_that_joins_imports_what_was_loaded_before_its_kubelet_starts(
    nodes: Nodes, storage: Storage, tmp_path: Path, backend: str
) -> None:
    plan = PLAN.model_copy(update={"backend": backend, "orchestrator": "kubernetes"})
    load_into(["master", "worker1"], storage, tmp_path)
    nodes.events.clear()
    lifecycle.join(plan, [plan.node("worker2")], Path("gobgpd"), storage)
    assert nodes.events == [("worker2", "import"), ("worker2", "kubelet")]
    assert nodes.imported["worker2"] == [NAME]


def test_another_up_imports_only_where_an_image_is_missing(
    nodes: Nodes, storage: Storage, tmp_path: Path
) -> None:
    """As after a join that was killed, or when the kubelet has removed an image."""
    load_into(["master", "worker1"], storage, tmp_path)
    nodes.events.clear()
    lifecycle.start_control_plane(PLAN, PLAN.cluster, Path("gobgpd"), storage, fresh=False)
    assert [e for e in nodes.events if e[1] == "import"] == [("worker2", "import")]
    lifecycle.start_control_plane(PLAN, PLAN.cluster, Path("gobgpd"), storage, fresh=False)
    assert [e for e in nodes.events if e[1] == "import"] == [("worker2", "import")]


def test_without_loaded_images_nobody_is_asked(nodes: Nodes, storage: Storage) -> None:
    lifecycle.start_control_plane(PLAN, PLAN.cluster, Path("gobgpd"), storage, fresh=False)
    assert nodes.imported == {}
    assert not storage.loaded.exists()
