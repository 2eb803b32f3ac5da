"""Kubernetes' own label selectors, not Calico's: matchLabels and matchExpressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.json_types import JsonObject, as_object, get_objects, get_text, get_texts

IN, NOT_IN, EXISTS, ABSENT = "In", "NotIn", "Exists", "DoesNotExist"


@dataclass(frozen=True, order=True)
class Requirement:
    """What is asked of one label. A label that is not there is NotIn everything."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Do these labels meet it?"""
        if self.operator in (EXISTS, ABSENT):
            return (self.key in labels) == (self.operator == EXISTS)
        return (labels.get(self.key) in self.values) == (self.operator == IN)


@dataclass(frozen=True)
class LabelSelector:
    """Selects what meets all requirements: without any, everything."""

    requirements: tuple[Requirement, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Is something with these labels selected?"""
        return all(one.holds(labels) for one in self.requirements)

    def __str__(self) -> str:
        return ", ".join(map(_describe, self.requirements))


def _describe(one: Requirement) -> str:
    return " ".join((one.key, one.operator, *one.values))


def read_selector(data: JsonObject) -> LabelSelector:
    """A selector as the API writes it; raises ValueError or KeyError."""
    labels = as_object(data.get("matchLabels") or {})
    found = [Requirement(key, IN, (get_text(labels, key),)) for key in labels]
    given = get_objects(data, "matchExpressions") if data.get("matchExpressions") else []
    return LabelSelector(tuple(sorted({*found, *map(_read_requirement, given)})))


def _read_requirement(data: JsonObject) -> Requirement:
    operator = get_text(data, "operator")
    values = get_texts(data, "values") if data.get("values") else ()
    if operator not in (IN, NOT_IN, EXISTS, ABSENT):
        raise ValueError(f"operator {operator[:60]!r} is not known")
    if bool(values) != (operator in (IN, NOT_IN)):
        raise ValueError(f"{operator} takes {'no' if values else 'some'} values")
    return Requirement(get_text(data, "key"), operator, tuple(sorted(set(values))))
