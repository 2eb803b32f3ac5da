"""The page docs/objects.md, from the tables."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill

from testbed.object_fields.intent import INTENT
from testbed.object_fields.model import Field
from testbed.object_fields.others import NETWORK_POLICY_FIELDS, NODE_FIELDS
from testbed.object_fields.pod_annotations import ANNOTATIONS
from testbed.object_fields.schemas import FLAG
from testbed.object_fields.tables import KINDS, SRV6_API

_WIDTH = 100  # columns of running text
_HEAD = """\
# Objects: every field, and what becomes of it

This page is written from the tables in `testbed/object_fields/`, which the agents, `testbed apply`
and the API server's schemas use too. What becomes of a field:

- **honoured**: done, as the words say.
- **refused**: an object that asks for it is not used. `testbed apply` refuses it with file and
  line. An object that came another way is a PROBLEM in `testbed status` and `kubectl get srv6`, and
  gets a Warning event. A pod is not attached; its events say why.
- **reported**: the object is used without it. `testbed apply` warns; there is a PROBLEM and a
  Warning event too. Values in brackets ask for nothing that is not done anyway, and are not
  mentioned.
- **not read**: it is the business of others, and asks nothing of the agents.

A field that is not listed is misspelt, or of another version of Calico. `kubectl apply` refuses it
(the schemas are strict), and so does `testbed apply`, with "did you mean".

`testbed apply` takes `crd.projectcalico.org/v1`, and `projectcalico.org/v3` as calicoctl writes it:
the fields are the same. It takes a `List`, and an `IPPoolList` and its like, item by item. What an
API server wrote into `metadata` (uid, resourceVersion …) and `status` is left out. The API server
itself knows `crd.projectcalico.org/v1` only.
"""
_INTENTS = (
    f"{INTENT.words} An object is of `{SRV6_API}`, without namespace, in a lab with Kubernetes, "
    "the testbed's agents and an injector; `from` and `to` are lists there. Its status says what "
    "has become of it ([traffic engineering](te.md#intents-as-objects)), and what is wrong with "
    "it: then its state is Refused."
)


def page() -> str:
    """The whole text."""
    parts = [_HEAD]
    for kind in KINDS.values():
        words = fill(kind.words, _WIDTH)
        parts.append(f"## {kind.name}\n\n{words}\n\n{_table(kind.fields)}")
    parts.append(f"## Intent\n\n{fill(_INTENTS, _WIDTH)}\n\n{_table(INTENT.fields)}")
    parts.append(
        "## Annotations of pods and namespaces\n\n"
        "Any other annotation that begins with `cni.projectcalico.org/` or "
        "`qos.projectcalico.org/` is refused as unknown.\n\n" + _table(ANNOTATIONS)
    )
    parts.append(f"## Node\n\n{_table(NODE_FIELDS)}")
    parts.append(f"## NetworkPolicy\n\n{_table(NETWORK_POLICY_FIELDS)}")
    parts.append("## ConfigMap\n\nThe TE ConfigMaps are described in [policies](policies.md).\n")
    return "\n".join(parts)


def _table(fields: Iterable[Field]) -> str:
    rows = ["| field | values | fate | what is done |", "|---|---|---|---|"]
    rows += [
        f"| `{f.name}` | {_values(f)} | {f.fate.value} | {f.words.replace('|', '/')} |"
        for f in fields
    ]
    return "\n".join(rows) + "\n"


def _values(field: Field) -> str:
    schema = field.schema
    items = schema.get("items")
    words = schema.get("enum") or (items.get("enum") if isinstance(items, dict) else None)
    if isinstance(words, list):
        text = ", ".join(map(str, words))
    elif "minimum" in schema:
        text = f"{schema['minimum']}–{schema['maximum']}"
    else:
        text = "true, false" if schema == FLAG else ""
    neutral = ", ".join(map(str, field.neutral))
    return f"{text} [{neutral}]".strip() if neutral else text
