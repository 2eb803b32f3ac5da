"""The registries: the one place that asks what kind of nodes and orchestrator a plan has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.progress import Progress
from testbed.host.supervisor import ProgramState, Supervisor
from testbed.orchestrators import registry as orchestrators
from testbed.orchestrators.overlays import registry as overlays
from testbed.paths import PACKAGE
from testbed.plan import traits
from testbed.plan.model import Node, Plan, Port
from testbed.plan.resolve import resolve
from testbed.plan.traits import ProviderTraits
from testbed.providers import registry
from testbed.providers.base import NodeFiles, NodeHandle
from testbed.providers.storage import Storage
from testbed.topology.load import load_plan
from tests.paper_plan import paper_plan

# What a plan has by name, and the modules that may look at it.
ASKED = re.compile(r"\.(virtual|kubernetes|overlay|backend|orchestrator)\b(?!\s*import)")
MAY_ASK = {
    "plan/model.py",
    "plan/resolve.py",
    "providers/registry.py",
    "orchestrators/registry.py",
    "orchestrators/overlays/registry.py",
    "doctor/preflight.py",
}


def asks(line: str) -> bool:
    """True if the line reads one of these attributes off a plan."""
    code = line.partition("#")[0]
    return any(re.search(r"\b\w*plan$", code[: found.start()]) for found in ASKED.finditer(code))


@pytest.mark.parametrize(
    "line", ["if plan.virtual:", "x = self.plan.kubernetes", "return plan.overlay == 1"]
)
def test_a_line_that_asks_is_seen(line: str) -> None:
    assert asks(line)


def test_nobody_else_asks_what_a_plan_is_made_of() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if str(path.relative_to(PACKAGE)) not in MAY_ASK
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asks(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (("providers/namespaces", "providers/vagrant"), {"provider.py", "node.py"}),
        (("orchestrators/light", "orchestrators/kubernetes"), {"orchestrator.py", "pods.py"}),
    ],
)
def test_kinds_of_one_thing_have_the_same_files(folders: Sequence[str], names: set[str]) -> None:
    for folder in folders:
        assert names <= {path.name for path in (PACKAGE / folder).glob("*.py")}, folder


class StubNode:
    """A third provider's node: nothing but a name is asked of it here."""

    own_kernel = True

    def __init__(self, name: str) -> None:
        self.name = name


class Stub:
    """A third provider, in no file but this one."""

    machines: Sequence[str] = ("worker1",)

    def prepare(self, plan: Plan, lab: str, images: Path | None, progress: Progress) -> Stub:
        return self

    def begin(self, supervisor: Supervisor, fresh: bool) -> None:
        raise NotImplementedError

    def boot(self, arrived: Callable[[str], None]) -> None:
        arrived("worker1")

    def wire(self, plan: Plan) -> str:
        return "link add dev stub type bridge\n"

    def damage(self, plan: Plan) -> list[str]:
        return ["interface stub"]

    def port_end(self, plan: Plan, port: Port) -> tuple[str | None, str]:
        return None, f"stub-{port.node}"

    def appear(self, plan: Plan, nodes: Sequence[Node], storage: Storage) -> None:
        raise NotImplementedError

    def provision(self, wanted: Mapping[str, NodeFiles], storage: Storage) -> None:
        raise NotImplementedError

    def remove(self, name: str) -> None:
        raise NotImplementedError

    def find(self, name: str) -> NodeHandle | None:
        # only its name is asked for here
        return StubNode(name) if name == "worker1" else None  # type: ignore[return-value]

    def names(self) -> list[str]:
        return ["worker1"]

    def states(self) -> dict[str, ProgramState]:
        return {}

    def describe(self, plan: Plan) -> dict[str, str] | None:
        return {"name": "stub"}


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_FACTORIES", dict(registry._FACTORIES))
    monkeypatch.setattr(traits, "PROVIDERS", traits.PROVIDERS)
    before = dict(traits.PROVIDERS)
    registry.register("stub", ProviderTraits("stubs", own_kernel=True, slowness=3), Stub)
    yield
    traits.PROVIDERS.clear()
    traits.PROVIDERS.update(before)
    registry.provider.cache_clear()


@pytest.mark.usefixtures("stub")
def test_a_third_provider_needs_no_other_file() -> None:
    plan = resolve(load_plan("full"), "kubernetes", "stub")
    assert isinstance(registry.provider_of(plan), Stub)
    assert isinstance(registry.handle("worker1"), StubNode)
    assert registry.handle("worker2").own_kernel is False  # the last one claims every node
    assert plan.slowness == 3
    assert plan.vantage("worker2") == "r8"


@pytest.mark.usefixtures("stub")
def test_what_its_traits_forbid_is_refused() -> None:
    with pytest.raises(TestbedError, match="stubs need Kubernetes"):
        resolve(paper_plan(), "none", "stub")
    with pytest.raises(TestbedError, match="a box is for virtual machines"):
        resolve(paper_plan(), "kubernetes", "stub", box="debian/bookworm64")


def test_a_box_without_machines_is_refused_in_the_light_mode_too() -> None:
    with pytest.raises(TestbedError, match="a box is for virtual machines"):
        resolve(paper_plan(), "none", box="debian/bookworm64")


def test_every_name_has_an_object() -> None:
    for name in traits.PROVIDERS:
        assert registry.provider(name) is registry.provider(name)
    for name in traits.ORCHESTRATORS:
        orchestrators.orchestrator(name)
    for name in traits.OVERLAYS:
        overlays.overlay(name)


def test_unknown_names_are_refused_with_those_there_are() -> None:
    for names in (("docker", "namespace", "agent"), ("kubernetes", "docker", "agent")):
        with pytest.raises(TestbedError, match=r"no (provider|orchestrator)") as caught:
            resolve(paper_plan(), *names)
        assert caught.value.fix is not None and caught.value.fix.startswith("there are: ")
