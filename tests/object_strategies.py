"""Random objects of Calico's kinds: fields right and wrong, strange values, misspelt names."""

from __future__ import annotations

from typing import cast

from hypothesis import strategies as st

from testbed.object_fields.model import Kind, Schema
from testbed.object_fields.tables import CALICO, CALICO_V3, KINDS
from tests.documents import Document

TAKEN = ("IPPool", "BGPPeer", "BGPConfiguration")  # by `testbed apply`
NETWORKS = (
    *("172.16.0.0/16", "172.16.4.0/24", "10.99.0.0/16", "172.16.0.1/16", "10.96.0.0/12"),
    *("fdfb:af47:32af::/48", "fdfb:af47:32af:1::/64", "fd55::/64", "fcff::/16", "::/0", "ff00::/8"),
    *("fcdd:0:0:11aa::/64", "cafe::/118", "127.0.0.0/8", "0.0.0.0/0", "10.0.0.0", "1.2.3.4/32"),
)
ADDRESSES = ("fd00:0:34::2", "fd00:0:34::9", "[fd11::1000]:1179", "192.168.9.254", "fd12::1000")
SELECTORS = (
    *("all()", "!all()", "has(zone)", "kubernetes.io/hostname == 'worker1'", "zone in {'a', 'b'}"),
    *("kubernetes.io/hostname == 'worker9'", "zone ==", "all() &&", ""),
)
NAMES = ("master", "worker1", "worker9", "default-ipv4-ippool", "sr-policies-pool", "café", "")
TEXTS = (*NETWORKS, *ADDRESSES, *SELECTORS, *NAMES, "Always", "15s", "null", "x" * 70)

_texts = st.sampled_from(TEXTS) | st.text(max_size=6).filter(str.isprintable)
_strange: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers(-1, 2**33) | _texts | st.builds(list) | st.builds(dict)
)
_OF_FIELDS = {
    "cidr": NETWORKS,
    "peerIP": ADDRESSES,
    "nodeSelector": SELECTORS,
    "namespaceSelector": SELECTORS,
    "node": NAMES,
}


def _valid(schema: Schema, name: str) -> st.SearchStrategy[object]:
    """Values that fit a field's form; for fields with a grammar of their own, mostly of it."""
    if name in _OF_FIELDS:
        return st.sampled_from(_OF_FIELDS[name])
    if "enum" in schema:
        return st.sampled_from(cast("list[object]", schema["enum"]))
    kind = schema["type"]
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        low, high = cast(int, schema.get("minimum", -1)), cast(int, schema.get("maximum", 70000))
        return st.sampled_from((low, high)) | st.integers(low, high)
    if kind == "array":
        return st.lists(_valid(cast(Schema, schema["items"]), ""), max_size=2)
    if kind == "object":
        parts = cast("dict[str, Schema]", schema.get("properties", {}))
        return st.fixed_dictionaries({}, optional={n: _valid(s, n) for n, s in parts.items()})
    return _texts


@st.composite
def _spec(draw: st.DrawFn, kind: Kind) -> Document:
    """Mostly a few fields that fit; sometimes a value that does not, or a name that is none."""
    chosen = draw(st.lists(st.sampled_from(kind.fields), max_size=4, unique_by=lambda f: f.name))
    wanted = [f for f in kind.fields if f.name in ("cidr", "peerIP")]
    if draw(st.integers(0, 9)):
        chosen += [f for f in wanted if f not in chosen]
    spec: Document = {}
    for field in chosen:
        fits = draw(st.integers(0, 11)) > 0
        spec[field.name] = draw(_valid(field.schema, field.name) if fits else _strange)
    if not draw(st.integers(0, 7)):
        name = draw(st.sampled_from(kind.fields)).name
        spec[draw(st.sampled_from((name[:-1], name.upper(), f"{name}s", "interval")))] = draw(
            _strange
        )
    return spec


@st.composite
def objects(draw: st.DrawFn) -> Document:
    """An object as a user might write it."""
    kind = KINDS[draw(st.sampled_from(TAKEN))]
    given = draw(st.sampled_from(("a-pool", "default", "peer-1", "sr-localsids-pool-worker1")))
    return {
        "apiVersion": draw(st.sampled_from((CALICO, CALICO, CALICO_V3))),
        "kind": kind.name,
        "metadata": {"name": given},
        "spec": draw(_spec(kind)),
    }
