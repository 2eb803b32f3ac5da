"""Reads what older testbeds recorded in the words of this one; pure."""

from __future__ import annotations

from testbed.json_types import JsonObject, as_object
from testbed.records.claims.paper import COMPARISON


def in_words_of_today(content: object) -> object:
    """A record. What is no record stays as it is, and is refused where it is checked."""
    if not isinstance(content, dict) or not isinstance(content.get("outcomes"), list):
        return content
    return {**content, "outcomes": [_outcome(one) for one in content["outcomes"]]}


def _outcome(content: object) -> object:
    """Up to schema version 2 a comparison that was not decided was called not applicable."""
    if not isinstance(content, dict):
        return content
    outcome = as_object(content)
    return {**outcome, "verdict": "not enough data"} if _is_undecided(outcome) else outcome


def _is_undecided(outcome: JsonObject) -> bool:
    return (outcome.get("name"), outcome.get("verdict")) == (COMPARISON, "not applicable")
