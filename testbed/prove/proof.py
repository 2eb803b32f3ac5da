"""A proof of path: probes sent, captured everywhere, put in order, and judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from testbed.errors import TestbedError
from testbed.lab.access.places import pinned
from testbed.observe.canary import refuse_blind
from testbed.observe.capture import Capture
from testbed.observe.frame import Frame
from testbed.observe.place import Place
from testbed.observe.tag import TAG_SIZE, Run
from testbed.plan.model import Plan
from testbed.prove import draw, pcapng
from testbed.prove.expectation import Expectation, NotRouted
from testbed.prove.packets import observations
from testbed.prove.path import Trace, traces
from testbed.prove.verdict import Verdict, verdict

CANARY = 2.0  # seconds in which a capture must have seen its own packets


@dataclass(frozen=True)
class Endpoint:
    """Where probes come from or go to.

    `name`: a node of the plan, or the name of a pod's network namespace; a pod names the cluster
    node that it is attached to.
    """

    name: str
    address: IPv4Address | IPv6Address
    pod_on: str | None = None

    @property
    def shown(self) -> str:
        """The name that people use: a pod's own, not its namespace's."""
        return self.name if self.pod_on is None else self.name.removeprefix("pod-")


@dataclass(frozen=True)
class Proof:
    """What was seen, and what it means."""

    plan: Plan
    src: Endpoint
    dst: Endpoint
    expectation: Expectation
    traces: tuple[Trace, ...]
    frames: tuple[Frame, ...]
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Is everything as expected?"""
        return self.verdict.passed

    def judged_by(self, expectation: Expectation) -> Proof:
        """The same probes, judged by another expectation."""
        judged = verdict(self.plan, self.traces, expectation)
        return replace(self, expectation=expectation, verdict=judged)

    @property
    def summary(self) -> str:
        """The verdict in one line."""
        return f"{self.verdict.word}: {'; '.join(self.verdict.sentences)}"

    @property
    def title(self) -> str:
        """From where to where."""
        ends = f"{self.src.address} → {self.dst.address}"
        return f"{self.src.shown} → {self.dst.shown}, IPv{self.dst.address.version}: {ends}"

    def drawing(self) -> str:
        """For the terminal: at most 80 columns."""
        first, *others = self.verdict.sentences
        words = draw.paragraphs([f"{self.verdict.word}  {first}", *others])
        parts = [draw.paragraphs([self.title]), draw.drawing(self.plan, list(self.traces)), words]
        return "\n\n".join(part for part in parts if part)

    def to_dict(self) -> draw.ProofData:
        """For JSON; the keys are stable."""
        return {
            "source": self.src.shown,
            "destination": self.dst.shown,
            "family": self.dst.address.version,
            "source_address": str(self.src.address),
            "destination_address": str(self.dst.address),
            "expectation": str(self.expectation),
            "passed": self.passed,
            "sentences": list(self.verdict.sentences),
            "probes": len(self.traces),
            "paths": draw.as_data(list(self.traces)),
        }

    def write_pcap(self, path: Path) -> None:
        """The probes as pcapng, interfaces named node:interface. Raises TestbedError."""
        pcapng.write(path, self.frames)

    def save(self, directory: Path) -> None:
        """JSON, drawing and pcapng under a directory, numbered if they are there already.

        Raises TestbedError if they cannot be written.
        """
        try:
            directory.mkdir(parents=True, exist_ok=True)
            stem = self._free_stem(directory)
            stem.with_suffix(".json").write_text(json.dumps(self.to_dict(), indent=1) + "\n")
            stem.with_suffix(".txt").write_text(self.drawing() + "\n")
        except OSError as error:
            raise TestbedError(f"cannot write to {directory}", why=error.strerror) from None
        self.write_pcap(stem.with_suffix(".pcapng"))

    def _free_stem(self, directory: Path) -> Path:
        base = f"path-{self.src.shown}-{self.dst.shown}-ipv{self.dst.address.version}"
        number = 1
        while (directory / f"{base}-{number}.json").exists():
            number += 1
        return directory / f"{base}-{number}"


def prove_path(
    plan: Plan,
    src: Endpoint,
    dst: Endpoint,
    expectation: Expectation,
    place_of: Callable[[str], Place] = pinned,
    probes: int = 8,
    timeout: float = 3.0,
) -> Proof:
    """Send probes from `src` to `dst`, see where they pass, and judge.

    `timeout`: how many seconds probes may be under way between namespaces. Nothing is sent where
    nothing is routed by design. Raises CheckFailed if the capture cannot see traffic (a blind
    capture never passes) and TestbedError for ends that make no sense.
    """
    if src.address.version != dst.address.version:
        raise TestbedError(f"{src.shown} and {dst.shown}: addresses of different families")
    if src.name == dst.name:
        raise TestbedError(
            f"{src.shown} to itself: such packets pass no interface",
            fix="name another source or destination",
        )
    if isinstance(expectation, NotRouted):
        return Proof(plan, src, dst, expectation, (), (), verdict(plan, [], expectation))
    run = Run()
    watched = {name: place_of(name) for name in _names_to_watch(plan, src, dst)}
    with Capture(watched, only=run) as capture:
        refuse_blind(capture, run, CANARY * plan.slowness)
        sent, refusal = place_of(src.name).send_probes(dst.address, run, probes)
        limit = timeout * plan.slowness
        seen = capture.read(lambda frames: _tags_at(frames, dst.name) >= set(sent), limit)
    frames = tuple(f for f in seen if _tag_of(f) in set(sent))
    pods = {end.name: end.pod_on for end in (src, dst) if end.pod_on is not None}
    names = {end.name: end.shown for end in (src, dst)}
    raw = traces(plan, observations(frames, run), src.name, dst.name, pods, sent)
    found = [one.renamed(names) for one in raw]
    judged = verdict(plan, found, expectation)
    if refusal is not None:
        judged = Verdict(False, (f"{src.shown} cannot send: {refusal}", *judged.sentences))
    return Proof(plan, src, dst, expectation, tuple(found), frames, judged)


def _names_to_watch(plan: Plan, src: Endpoint, dst: Endpoint) -> list[str]:
    nodes = [n.name for n in plan.nodes]
    for end in (src, dst):
        if end.pod_on is None and end.name not in nodes:
            raise TestbedError(f"{end.name} is no node, and not said to be a pod")
    return nodes + [end.name for end in (src, dst) if end.pod_on is not None]


def _tag_of(frame: Frame) -> bytes:
    return frame.data[-TAG_SIZE:]


def _tags_at(frames: list[Frame], dst: str) -> set[bytes]:
    return {_tag_of(f) for f in frames if f.node == dst and not f.outgoing and f.interface != "lo"}
