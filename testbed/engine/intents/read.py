"""Reads intents from YAML; all findings of a file, each at its line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

from testbed.engine.intents.form import violations
from testbed.engine.intents.model import Disjoint, Intent, Resources, Separation
from testbed.object_fields.intent import DOCUMENT
from testbed.plan import shaping_rules
from testbed.srpolicy.files.yaml_tree import Value, read_documents
from testbed.te.lint.findings import Finding

MOST_OCTETS, MOST_VALUES = 16 << 20, 1_000_000  # ten thousand intents with room to spare
API_SERVER = "the API server"  # the source of intents that are objects: they have no lines
FAMILIES = {"IPv4": (4,), "IPv6": (6,), "both": (4, 6)}


@dataclass(frozen=True)
class Written:
    """An intent, and the document that it was read from."""

    intent: Intent
    document: Value

    @property
    def where(self) -> str:
        """file:line of its name."""
        return self.at("metadata", "name")

    def at(self, *path: str | int) -> str:
        """file:line of a part of the document, or of the nearest part around it that is there."""
        value = self.document
        for step in path:
            content = value.content  # a mapping, a list or a scalar: whatever was written
            inside = isinstance(content, dict) and step in content
            if not inside and not (isinstance(content, list) and isinstance(step, int)):
                break
            value = content[step]
        return value.where


def read_intents(text: str, source: str) -> tuple[list[Written], list[Finding]]:
    """The intents that fit the form, in file order, and what is wrong with the others.

    Raises TestbedError for what is no YAML.
    """
    found: list[Written] = []
    findings: list[Finding] = []
    for document in read_documents(text, source, octets=MOST_OCTETS, values=MOST_VALUES):
        written, wrong = read_intent(document, "the document")
        findings += wrong
        found += [written] if written else []
    if not found and not findings:
        findings.append(Finding("error", f"{source}:1", "the file holds no intent"))
    return found, findings


def read_intent(document: Value, called: str) -> tuple[Written | None, list[Finding]]:
    """The intent of a document in the file's form, or what is wrong with it."""
    wrong = list(violations(document, DOCUMENT, called))
    return (None if wrong else Written(_read(document), document)), wrong


def _read(document: Value) -> Intent:
    spec = document.content["spec"].plain  # it fits the schema
    bandwidth = spec.get("bandwidth", 0.0)
    return Intent(
        name=document.content["metadata"].content["name"].content,
        sources=_words(spec["from"]),
        targets=_words(spec["to"]),
        families=FAMILIES[spec.get("family", "both")],
        optimise=spec.get("optimise", "igp"),
        avoid=_resources(spec.get("avoid", {})),
        require=_resources(spec.get("require", {})),
        max_delay_us=_microseconds(spec["maxDelay"]) if "maxDelay" in spec else None,
        max_segments=spec.get("maxSegments"),
        disjoint=_disjoint(spec["disjoint"]) if "disjoint" in spec else None,
        bandwidth_mbit=float(bandwidth),
        strict=spec.get("mode", "strict") == "strict",
        protect=spec.get("protect", False),
        encoding=spec.get("encoding"),
    )


def _words(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _resources(value: dict[str, list[object]]) -> Resources:
    if not value:
        return _nothing()
    return Resources(**{key: frozenset(str(x) for x in items) for key, items in value.items()})


@cache
def _nothing() -> Resources:
    return Resources()


def _disjoint(value: dict[str, str]) -> Disjoint:
    return Disjoint(value["group"], cast(Separation, value.get("from", "link")))


def _microseconds(text: str) -> int:
    return round(shaping_rules.seconds(text) * 1e6)
