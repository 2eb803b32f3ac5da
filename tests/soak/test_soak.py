"""A lab that is used and hurt at random for long is in the end as it was in the beginning.

`make soak MINUTES=20 SEED=1`; half of the time a light lab, half of it Kubernetes.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
import pytest

from testbed.artefacts import program
from tests.integration.kube_lab import DATA, kube_sandbox
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name
from tests.repository import ROOT
from tests.shipped_plans import shipped_plan
from tests.soak import figures
from tests.soak.figures import Figures
from tests.soak.operations import Kill, Operation, Operations

pytestmark = pytest.mark.root

SEED = int(os.environ.get("TESTBED_SOAK_SEED", "1"))
MINUTES = float(os.environ.get("TESTBED_SOAK_MINUTES", "20"))
OUT = Path(os.environ.get("TESTBED_SOAK_OUT", str(ROOT / "out" / "soak")))
LIMIT = 300  # seconds that any one command may take
# Whoever of these is killed, the lab or a node of it ends: tests of their own are about that.
SPARED = {
    "supervisor.supervisord",
    "testbed.host.lab_init_main",
    "testbed.providers.namespaces.node_init_main",
}
MORE_MEMORY, MORE_DESCRIPTORS = 30.0, 20  # MiB and open files by which a program may have grown


@dataclass
class Soak:
    """A lab in a sandbox, what is done to it, and what came of that."""

    lab: Lab
    operations: Operations
    outcomes: Counter[str] = field(default_factory=Counter)
    history: list[str] = field(default_factory=list)  # of all that was done, in its order
    failures: list[str] = field(default_factory=list)

    @property
    def document(self) -> Path:
        """The file that commands name, seen from here: the sandbox has a /tmp of its own."""
        return Path(f"/proc/{self.lab.box.init}/root/tmp/policy.yaml")

    def processes(self) -> list[psutil.Process]:
        """All of the sandbox but its own init."""
        return psutil.Process(self.lab.box.init).children(recursive=True)

    def figures(self) -> Figures:
        data = Path(f"/proc/{self.lab.box.init}/root{DATA}")
        return figures.measure(self.processes(), [self.lab.directory, self.lab.inner / "run", data])

    def do(self, operation: Operation) -> None:
        """A command may be refused while something is dead, but it ends, and says why."""
        if isinstance(operation, Kill):
            self.kill(operation)
            return
        if operation.document:
            self.document.write_text(operation.document)
        done = self.lab.run(*operation.arguments, expect=None)
        self.outcomes[f"{operation.arguments[0]} {done.returncode}"] += 1
        self.history.append(f"{' '.join(operation.arguments)} → {done.returncode}")
        if done.returncode:
            self.failures.append(f"testbed {' '.join(operation.arguments)}: {done.stderr}")

    def kill(self, kill: Kill) -> None:
        there = [p for p in self.processes() if _is_fair_game(p)]
        chosen = there[int(kill.choice * len(there))]
        try:
            name, words = figures.name_of(chosen), chosen.cmdline()
            chosen.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return
        self.outcomes[f"kill {name}"] += 1
        self.history.append(f"kill {' '.join(words)}")

    def undo(self) -> None:
        """Back to the beginning: every change taken back, every pod of the soak deleted."""
        for command in self.operations.links_back():
            self.do(command)
        self.wait()
        for command in self.operations.way_back():
            self.do(command)
        rows = json.loads(self.lab.run("pod", "list", "-o", "json").stdout)
        for name in (row["name"].rpartition("/")[2] for row in rows):
            if name.startswith("soak-"):
                self.lab.run("pod", "delete", name)
        self.document.unlink(missing_ok=True)
        self.wait()

    def wait(self) -> None:
        self.lab.run("wait", "--timeout", "110")

    def routing(self) -> dict[str, list[str]]:
        """Of every node: addresses, rules and routes but those of single pods; no counters."""
        return {node: self._routing_of(node) for node in self.nodes()}

    def nodes(self) -> list[str]:
        return [node.name for node in shipped_plan("full").nodes]

    def _routing_of(self, node: str) -> list[str]:
        script = "ip -o addr; ip -4 rule; ip -6 rule; ip -4 route show table all; "
        script += "ip -6 route show table all"
        said = self.lab.run("exec", node, "--", "sh", "-c", script).stdout
        return sorted({_without_counters(line) for line in said.splitlines() if _lasts(line)})


def _is_fair_game(process: psutil.Process) -> bool:
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and figures.name_of(process) not in SPARED
    except psutil.NoSuchProcess:
        return False


def _lasts(line: str) -> bool:
    """False for what comes and goes with a pod: its interface, neighbours, multicast."""
    return not any(word in line for word in ("cali", "multicast", "pod-", "fe80:"))


def _without_counters(line: str) -> str:
    """Without an interface's number, ids of next hops, and lifetimes."""
    words = line.split()
    number = words[0].rstrip(":")
    words = words[1:] if number.isdigit() and len(words) > 1 and words[1][0].isalpha() else words
    pairs = zip(words, ["", *words], strict=False)
    return " ".join(w for w, before in pairs if w not in _COUNTED and before not in _COUNTED)


_COUNTED = {"nhid", "expires", "valid_lft", "preferred_lft"}


@pytest.fixture(params=["none", "kubernetes"])
def soak(request: pytest.FixtureRequest) -> Iterator[Soak]:
    gobgpd = Path(program("gobgpd"))
    with kube_sandbox(gobgpd) as box:
        cluster = str(request.param)
        environment = {"TESTBED_DATA": DATA, "TESTBED_CLUSTER": cluster}
        lab = Lab(lab_name(f"soak-{cluster}"), gobgpd, box, environment, patience=LIMIT)
        before = box.snapshot()
        try:
            lab.run("up", "full")
            yield Soak(lab, _operations())
        finally:
            lab.run("down")
        box.wait_until_like(before)


def _operations() -> Operations:
    plan = shipped_plan("full")
    routers = {r.name for r in plan.routers}
    ends = [(link.a.node, link.b.node) for link in plan.links]
    return Operations(
        Random(SEED),
        links=[pair for pair in ends if routers.issuperset(pair)],
        nodes=[n.name for n in plan.cluster],
        waypoints=sorted(routers),
        directory=Path("/tmp"),
    )


@pytest.mark.timeout(MINUTES * 60 + 1800)
def test_in_the_end_all_is_as_in_the_beginning(soak: Soak) -> None:
    cluster = soak.lab.environment["TESTBED_CLUSTER"]
    soak.wait()
    routing, before = soak.routing(), soak.figures()
    end, count = time.monotonic() + MINUTES * 60 / 2, 0
    while time.monotonic() < end:
        soak.do(soak.operations.next())
        count += 1
    soak.undo()
    after = soak.figures()
    _record(cluster, soak, count, before, after)
    assert soak.routing() == routing
    assert after.zombies == 0
    for name, memory in after.memory.items():
        grown = memory - before.memory.get(name, memory)
        assert grown < MORE_MEMORY, f"{name} takes {grown:.0f} MiB more"
        opened = after.descriptors[name] - before.descriptors.get(name, after.descriptors[name])
        assert opened < MORE_DESCRIPTORS, f"{name} has {opened} more files open"


def _record(cluster: str, soak: Soak, count: int, before: Figures, after: Figures) -> None:
    """Print the figures, and keep them."""
    done = {"seed": SEED, "operations": count, "outcomes": dict(soak.outcomes.most_common())}
    OUT.mkdir(parents=True, exist_ok=True)
    whole = {**done, "history": soak.history, "before": before.to_json(), "after": after.to_json()}
    (OUT / f"{cluster}.json").write_text(json.dumps(whole, indent=1) + "\n")
    print(f"\n{cluster}: {count} operations with seed {SEED}: {done['outcomes']}")
    print(figures.table(before, after))
    print("\n".join(soak.failures))
