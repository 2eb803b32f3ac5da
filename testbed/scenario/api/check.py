"""Checks that read as sentences; each is kept with what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from testbed.errors import CheckFailed, TestbedError


class NotApplicable(TestbedError):
    """This lab's machines cannot do what the scenario is about; `what` says what they lack."""


@dataclass
class Checked:
    """One check as evidence."""

    sentence: str
    passed: bool
    expected: str
    seen: str
    claim: str  # the sentence without the value that this one lab was expected to have
    path: bool  # was a path seen? It is the same in every lab of the plan


@dataclass
class Check:
    """What a scenario says about the world. The first check that fails ends the scenario."""

    done: list[Checked] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def that(self, seen: Any, what: str) -> Claim:
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
        """Keep one check (see Checked); raises CheckFailed if it did not pass."""
        self.done.append(Checked(sentence, passed, expected, seen, claim or sentence, path))
        if not passed:
            raise CheckFailed(sentence, why=f"expected {expected}; seen {seen}")

    def figure(self, name: str, value: Any) -> None:
        """A measured value for the report; never judged."""
        self.figures[name] = value


@dataclass
class Claim:
    """A sentence about one value."""

    check: Check
    seen: Any
    what: str

    def equals(self, expected: Any) -> None:
        self._say("equals", self.seen == expected, expected)

    def is_at_least(self, expected: Any) -> None:
        self._say("is at least", self.seen >= expected, expected)

    def contains(self, expected: Any) -> None:
        self._say("contains", expected in self.seen, expected)

    def is_empty(self) -> None:
        self._say("is empty", not self.seen, "nothing")

    def is_not_empty(self) -> None:
        self._say("is not empty", bool(self.seen), "something")

    def is_one_of(self, expected: Collection[Any]) -> None:
        self._say("is one of", self.seen in expected, list(expected))

    def _say(self, verb: str, passed: bool, expected: Any) -> None:
        claim = f"{self.what} {verb}"
        sentence = claim if verb.endswith("empty") else f"{claim} {expected}"
        self.check.record(sentence, passed, str(expected), str(self.seen), claim)
