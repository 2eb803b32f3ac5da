"""`testbed.paths`: proofs of path as sentences of a scenario."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from testbed.agent.model.overlay_names import ROUTED, SRV6
from testbed.errors import TestbedError
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Plan
from testbed.prove.expectation import LostAt, UsesSegments
from testbed.prove.in_lab import prove
from testbed.prove.loss import CAUSES, Loss, expected_loss
from testbed.prove.proof import Proof
from testbed.scenario.api.check import Check
from testbed.scenario.api.context import Context


class Paths:
    """Proofs of path; each leaves its packets in the evidence."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._numbers = itertools.count(1)

    def between(
        self,
        source: Pod | str,
        destination: Pod | str,
        family: int,
        through: IPv4Address | IPv6Address | None = None,
    ) -> PathCheck:
        """A proof of path: `testbed.paths.between(a, b, 4).uses_segments("r6", "r8")`.

        `through`: the address of a Service whose only server is `destination`.
        """
        context = self._context
        context.require_family(family, source, destination)
        evidence = context.evidence / f"path-{next(self._numbers)}"
        ends = (source, destination, family, evidence, through)
        return PathCheck(context.plan, context.check, *ends)


@dataclass
class PathCheck:
    """What `testbed.path(src, dst, 4)` gives: each method sends probes, captures, and checks."""

    plan: Plan
    check: Check
    source: Pod | str
    destination: Pod | str
    family: int
    evidence: Path
    through: IPv4Address | IPv6Address | None = None  # a Service's address

    def uses_segments(self, *segments: str) -> None:
        """The SRH has exactly these waypoints and the egress SID; each waypoint is visited."""
        self._check_path(f"goes by {', '.join(segments)}", expect=list(segments))

    def is_best_effort(self) -> None:
        """One segment, the egress SID as outer destination, no SRH."""
        self._check_path("is best effort", expect=[])

    def is_plain(self) -> None:
        """No encapsulation at all, as between hosts."""
        self._check_path("is plain", expect=["plain"])

    def is_routed(self) -> None:
        """No encapsulation, by the backbone's routes to the pod: a pool with encapsulation None."""
        self._check_path("is routed", expect=["routed"])

    def is_tunnelled(self, kind: str) -> None:
        """In a legacy overlay, "ipip" or "vxlan", straight to the other node."""
        self._check_path(f"is in {kind}", expect=[kind])

    def is_direct(self) -> None:
        """Within a subnet, with neither encapsulation nor a router: a pool with CrossSubnet."""
        self._check_path("is direct", expect=["direct"])

    def is_carried_by(self, overlay: str) -> None:
        """By an overlay, as pools name it; by SRv6 means best effort."""
        if overlay == SRV6:
            self.is_best_effort()
        elif overlay == ROUTED:
            self.is_routed()
        else:
            self.is_tunnelled(overlay)

    def is_as_promised(self) -> None:
        """What the head end's chosen policy promises."""
        self._check_path("is what the chosen policy promises", expect=None)

    def is_lost_at(self, node: str, because: str, segments: Sequence[str]) -> None:
        """A negative control: sent over these segments, and lost at this node for this cause.

        Causes: testbed.prove.loss.CAUSES. Any other failure, or another way, does not hold.
        """
        loss = expected_loss(self.plan, node, because)
        proof = self._prove_path(list(segments), loss)
        words = f"by {', '.join(segments)} is {loss}"
        self.check.record(
            f"{self._describe_ends()} {words}", proof.passed, str(loss), proof.summary
        )

    def fails(self, *segments: str) -> None:
        """Refused: it held for any failed proof, also for a packet that came by another way."""
        raise TestbedError(
            "fails() says neither which node loses the packet nor why",
            fix=f'.is_lost_at(NODE, because="segment not processed", segments={segments!r}); '
            f"causes: {', '.join(CAUSES)}",
        )

    def _check_path(self, words: str, expect: list[str] | None) -> None:
        proof = self._prove_path(expect)
        sentence = f"IPv{self.family} {self._describe_ends()} {words}"
        self.check.record(sentence, proof.passed, words, proof.summary, path=True)

    def _prove_path(self, expect: list[str] | None, loss: Loss | None = None) -> Proof:
        source, destination = self._end_names()
        proof = prove(self.plan, source, destination, self.family, expect, self.through)
        if loss is not None and isinstance(proof.expectation, UsesSegments):
            proof = proof.judged_by(LostAt(proof.expectation, loss))
        proof.save(self.evidence)
        return proof

    def _describe_ends(self) -> str:
        source, destination = self._end_names()
        return " → ".join([source, *([str(self.through)] if self.through else []), destination])

    def _end_names(self) -> list[str]:
        return [x.name if isinstance(x, Pod) else x for x in (self.source, self.destination)]
