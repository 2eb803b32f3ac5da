"""The fields of an Intent, the TE engine's own form."""

from __future__ import annotations

from testbed.object_fields.model import Kind, Schema, honoured
from testbed.object_fields.schemas import FLAG, number, one_of

FORM = "testbed/v1"  # the apiVersion in files for `te apply`; objects have the API's
MOST_SEGMENTS = 16
NAME = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
_WORD: Schema = {"type": "string", "minLength": 1, "maxLength": 63}
_WORDS: Schema = {"type": "array", "minItems": 1, "uniqueItems": True, "items": _WORD}
_RISK: Schema = {"type": ["string", "integer"]}  # a name or a number
_RISKS: Schema = {"type": "array", "minItems": 1, "uniqueItems": True, "items": _RISK}
_ENDS: Schema = {"oneOf": [_WORD, _WORDS]}
_RESOURCES: Schema = {
    "type": "object",
    "properties": {"nodes": _WORDS, "links": _WORDS, "affinity": _WORDS, "srlg": _RISKS},
}
_DISJOINT: Schema = {
    "type": "object",
    "properties": {"group": _WORD, "from": one_of("link", "node", "srlg")},
    "required": ["group"],
}
_TIME: Schema = {
    "type": "string",
    "pattern": r"^[0-9]+(\.[0-9]+)?(us|ms|s)$",
    "examples": ["20ms"],
}
_MBIT: Schema = {"type": "number", "minimum": 0.001, "maximum": 1e7}

INTENT = Kind(
    "Intent",
    "intents",
    "What is wanted of the paths from some cluster nodes to others; the TE engine computes them.",
    (
        honoured(
            "from",
            _ENDS,
            "Head ends: a cluster node, a pattern such as `worker*`, `all`, or a list.",
        ),
        honoured("to", _ENDS, "Endpoints, written like `from`; a node is no endpoint of its own."),
        honoured(
            "family", one_of("IPv4", "IPv6", "both"), "Traffic that is steered; both if absent."
        ),
        honoured(
            "optimise",
            one_of("igp", "delay", "hops", "spare-bandwidth"),
            "What is least on the path: IS-IS's metric (if absent), delay, links; or what is most: "
            "the bandwidth left on its fullest link.",
        ),
        honoured(
            "avoid", _RESOURCES, "None of these nodes, links, affinities and shared risk groups."
        ),
        honoured(
            "require",
            _RESOURCES,
            "Every node and link named is on the path; every link between routers has each of the "
            "affinities and is in each of the groups.",
        ),
        honoured("maxDelay", _TIME, "The path's delay at most, one way: a time such as `20ms`."),
        honoured(
            "maxSegments",
            number(1, MOST_SEGMENTS),
            "Segments at most, with `usid` addresses; the topology's max_segments if absent.",
        ),
        honoured(
            "disjoint",
            _DISJOINT,
            "No path of another intent of this `group` has a link (if absent), node or shared risk "
            "group (`from`) in common with this one.",
        ),
        honoured("bandwidth", _MBIT, "Mbit/s that each path needs on every link, per family."),
        honoured(
            "mode",
            one_of("strict", "best-effort"),
            "strict (if absent): no path rather than one that misses something; best-effort: the "
            "path that misses least.",
        ),
        honoured("protect", FLAG, "A second path, disjoint as far as can be, stands by."),
        honoured(
            "encoding",
            one_of("srh", "usid"),
            "`srh`, an address per segment, in an SRH; `usid`, compressed (RFC 9800), where the "
            'topology has `encoding = "usid"`; the topology\'s if absent.',
        ),
    ),
    required=("from", "to"),
)


def intent_schema() -> dict[str, object]:
    """JSON Schema (draft 2020-12) of one document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:testbed:schema:intent",
        "title": INTENT.name,
        "description": INTENT.words,
        **closed(DOCUMENT),
    }


DOCUMENT: Schema = {
    "type": "object",
    "properties": {
        "apiVersion": {"const": FORM},
        "kind": {"const": INTENT.name},
        "metadata": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "pattern": NAME, "examples": ["gold-to-worker2"]}
            },
            "required": ["name"],
        },
        "spec": {
            **INTENT.spec,
            "properties": {f.name: {**f.schema, "description": f.words} for f in INTENT.fields},
        },
    },
    "required": ["apiVersion", "kind", "metadata", "spec"],
}


def closed(schema: Schema) -> dict[str, object]:
    """The same, where every object refuses fields that it does not have."""
    made = dict(schema)
    properties = made.get("properties")
    if isinstance(properties, dict):
        made["properties"] = {name: closed(inner) for name, inner in properties.items()}
        made["additionalProperties"] = False
    return made
