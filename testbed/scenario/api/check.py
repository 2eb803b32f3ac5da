"""Checks that read as sentences; each is kept with what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from testbed.errors import CheckFailed, TestbedError
from testbed.scenario.run.result import CheckResult

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class NotApplicable(TestbedError):
    """This lab cannot do what the scenario is about; `what` says what it lacks.

    `declared`: the name of a difference between labs that explains it (see ScenarioResult).
    """

    declared: str | None = "kernel"


class NoSuchFamily(NotApplicable):
    """The plan gives pods no addresses of a family that the scenario needs."""

    declared = None


@dataclass
class Check:
    """What a scenario says about the lab. The first check that fails ends the scenario."""

    done: list[CheckResult] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)
    bounds: dict[str, float] = field(default_factory=dict)

    def that(self, seen: T, what: str) -> Claim[T]:
        """Starts a sentence about a value: `check.that(lost, "packets lost").equals(0)`."""
        return Claim(self, seen, what)

    def record(
        self,
        sentence: str,
        passed: bool,
        expected: str,
        seen: str,
        claim: str | None = None,
        path: bool = False,
    ) -> None:
        """Keep one check (see CheckResult); raises CheckFailed if it did not pass."""
        result = CheckResult(
            sentence=sentence,
            passed=passed,
            expected=expected,
            seen=seen,
            claim=claim or sentence,
            path=path,
        )
        self.done.append(result)
        if not passed:
            raise CheckFailed(sentence, why=f"expected {expected}; seen {seen}")

    def figure(self, name: str, value: object, bound: float | None = None) -> None:
        """A measured value for the report; never judged. `bound`: what it is to be at most."""
        self.figures[name] = value
        if bound is not None:
            self.bounds[name] = bound


@dataclass(frozen=True)
class Claim(Generic[T_co]):
    """A sentence about one value."""

    check: Check
    seen: T_co
    what: str

    def equals(self, expected: object) -> None:
        self._record_check("equals", self.seen == expected, expected)

    def is_at_least(self: Claim[float], expected: float) -> None:
        self._record_check("is at least", self.seen >= expected, expected)

    def contains(self: Claim[Container[object]], expected: object) -> None:
        self._record_check("contains", expected in self.seen, expected)

    def is_empty(self) -> None:
        self._record_check("is empty", not self.seen, "nothing")

    def is_not_empty(self) -> None:
        self._record_check("is not empty", bool(self.seen), "something")

    def is_one_of(self, expected: Collection[object]) -> None:
        self._record_check("is one of", self.seen in expected, list(expected))

    def _record_check(self, verb: str, passed: bool, expected: object) -> None:
        claim = f"{self.what} {verb}"
        sentence = claim if verb.endswith("empty") else f"{claim} {expected}"
        self.check.record(sentence, passed, str(expected), str(self.seen), claim)
