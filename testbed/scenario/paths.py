"""Proofs of path as sentences of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from testbed.nodes.pods import Pod
from testbed.plan.model import Plan
from testbed.prove.expectation import LostAt, UsesSegments
from testbed.prove.in_lab import prove
from testbed.prove.loss import Loss, expected_loss
from testbed.prove.proof import Proof
from testbed.scenario.check import Check


@dataclass
class PathCheck:
    """`testbed.path(src, dst, 4)`: each method sends probes, captures, and checks."""

    plan: Plan
    check: Check
    source: Pod | str
    destination: Pod | str
    family: int
    evidence: Path
    through: IPv4Address | IPv6Address | None = None  # a Service's address

    def uses_segments(self, *segments: str) -> None:
        """The SRH has exactly these waypoints and the egress SID; each waypoint is visited."""
        self._check(f"goes by {', '.join(segments)}", expect=list(segments))

    def is_best_effort(self) -> None:
        """One segment, the egress SID as outer destination, no SRH."""
        self._check("is best effort", expect=[])

    def is_plain(self) -> None:
        """No encapsulation at all, as between hosts."""
        self._check("is plain", expect=["plain"])

    def is_tunnelled(self, kind: str) -> None:
        """In a legacy overlay, "ipip" or "vxlan", straight to the other node."""
        self._check(f"is in {kind}", expect=[kind])

    def is_as_promised(self) -> None:
        """What the head end's chosen policy promises."""
        self._check("is what the chosen policy promises", expect=None)

    def is_lost_at(self, node: str, because: str, segments: Sequence[str]) -> None:
        """A negative control: sent over these segments, and lost at this node for this cause.

        Causes: testbed.prove.loss.CAUSES. Any other failure, or another way, does not hold.
        """
        loss = expected_loss(self.plan, node, because)
        proof = self._prove(list(segments), loss)
        words = f"by {', '.join(segments)} is {loss}"
        self.check.record(f"{self._words()} {words}", proof.passed, str(loss), proof.summary)

    def _check(self, words: str, expect: list[str] | None) -> None:
        proof = self._prove(expect)
        sentence = f"IPv{self.family} {self._words()} {words}"
        self.check.record(sentence, proof.passed, words, proof.summary, path=True)

    def _prove(self, expect: list[str] | None, loss: Loss | None = None) -> Proof:
        source, destination = self._names()
        proof = prove(self.plan, source, destination, self.family, expect, self.through)
        if loss is not None and isinstance(proof.expectation, UsesSegments):
            proof = proof.judged_by(LostAt(proof.expectation, loss))
        proof.save(self.evidence)
        return proof

    def _words(self) -> str:
        source, destination = self._names()
        return " → ".join([source, *([str(self.through)] if self.through else []), destination])

    def _names(self) -> list[str]:
        return [x.name if isinstance(x, Pod) else x for x in (self.source, self.destination)]
