"""What the soak does to a lab: random operations of its user, and kills; all from one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: soak-{number}}}
spec:
  endpoint: {endpoint}
  color: {number}
  family: IPv{family}
  candidates:
    - segmentLists: [{{segments: [{waypoint}, {endpoint}]}}]
"""
MOST_POLICIES, MOST_PODS = 12, 6
READING = ("status", "policy list", "pod list", "logs", "ls")
CONFIGMAPS = "scenarios/policies/configmaps.yaml"


@dataclass(frozen=True)
class Command:
    """`testbed` with these arguments; `document` is written to the file that they name."""

    arguments: tuple[str, ...]
    document: str = ""


@dataclass(frozen=True)
class Kill:
    """kill -9 of one of the lab's processes: `choice` of all, from 0 up to 1."""

    choice: float


Operation = Command | Kill


@dataclass
class Operations:
    """Operations without end, and the way back. It knows what it has changed.

    `links` are backbone links, `nodes` cluster nodes. One link at a time is cut: the network stays
    in one piece, so that every command can be done.
    """

    random: Random
    links: list[tuple[str, str]]
    nodes: list[str]
    waypoints: list[str]
    directory: Path
    cut: tuple[str, str] | None = None
    shaped: set[tuple[str, str]] = field(default_factory=set)
    policies: set[int] = field(default_factory=set)
    pods: set[str] = field(default_factory=set)
    mapped: bool = False
    mode: str = "bgp"

    def next(self) -> Operation:
        """One more; a bit less than every second one is a kill."""
        choices: dict[Callable[[], Operation], int] = {
            self._kill: 9,
            self._cut_or_mend: 2,
            self._shape: 1,
            self._policy: 3,
            self._pod: 2,
            self._switch: 1,
            self._map: 1,
            self._read: 2,
        }
        chosen = self.random.choices(list(choices), list(choices.values()))[0]
        return chosen()

    def links_back(self) -> Iterator[Command]:
        """What takes the changes of links back: while one is down, not all can be as wanted."""
        for ends in self.links:
            yield Command(("link", "up", *ends))
            yield Command(("link", "set", *ends))

    def way_back(self) -> Iterator[Command]:
        """What takes all other changes back, whatever of it was done; but for pods."""
        yield Command(("policy", "delete", "--all"))
        yield Command(("delete", "-f", CONFIGMAPS))
        yield Command(("mode", "bgp"))

    def _kill(self) -> Kill:
        return Kill(self.random.random())

    def _cut_or_mend(self) -> Command:
        if self.cut:
            ends, self.cut = self.cut, None
            return Command(("link", "up", *ends))
        self.cut = self.random.choice(self.links)
        return Command(("link", "down", *self.cut))

    def _shape(self) -> Command:
        ends = self.random.choice(self.links)
        if ends in self.shaped:
            self.shaped.remove(ends)
            return Command(("link", "set", *ends))
        self.shaped.add(ends)
        return Command(("link", "set", *ends, "--bw", str(self.random.randrange(10, 1000))))

    def _policy(self) -> Command:
        if self.policies and self.random.random() < len(self.policies) / MOST_POLICIES:
            number = self.random.choice(sorted(self.policies))
            self.policies.remove(number)
            return Command(("policy", "delete", f"soak-{number}"))
        number = self.random.randrange(1, MOST_POLICIES + 1)
        self.policies.add(number)
        text = POLICY.format(
            number=number,
            endpoint=self.nodes[number % len(self.nodes)],
            family=4 if number % 2 else 6,
            waypoint=self.random.choice(self.waypoints),
        )
        return Command(("policy", "apply", "-f", str(self.directory / "policy.yaml")), text)

    def _pod(self) -> Command:
        if self.pods and self.random.random() < len(self.pods) / MOST_PODS:
            name = self.random.choice(sorted(self.pods))
            self.pods.remove(name)
            return Command(("pod", "delete", name))
        free = [n for n in (f"soak-{i}" for i in range(MOST_PODS)) if n not in self.pods]
        name = self.random.choice(free)
        self.pods.add(name)
        return Command(("pod", "create", name, "--node", self.random.choice(self.nodes)))

    def _switch(self) -> Command:
        self.mode = "configmap" if self.mode == "bgp" else "bgp"
        return Command(("mode", self.mode))

    def _map(self) -> Command:
        self.mapped = not self.mapped
        return Command(("apply" if self.mapped else "delete", "-f", CONFIGMAPS))

    def _read(self) -> Command:
        return Command(tuple(self.random.choice(READING).split()))
