"""The tables of fields: complete, told by the page, and right about what a value asks for."""

from __future__ import annotations

import os

import pytest
from jsonschema import Draft202012Validator

from testbed.object_fields import pod_annotations
from testbed.object_fields.check import unknown_fields, unsupported
from testbed.object_fields.model import Fate
from testbed.object_fields.page import page
from testbed.object_fields.tables import KINDS
from tests.repository import ROOT

PAGE = ROOT / "docs" / "objects.md"


def test_the_page_is_that_of_the_tables() -> None:
    """After a wanted change: `GOLDEN=write pytest tests/unit/object_fields`."""
    if os.environ.get("GOLDEN") == "write":
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_each_field_is_told_once_and_its_neutral_values_fit(kind: object) -> None:
    assert isinstance(kind, type(KINDS["IPPool"]))
    names = [field.name for field in kind.fields]
    assert len(names) == len(set(names))
    assert set(kind.required) <= set(names)
    for field in kind.fields:
        assert field.words.endswith("."), field.name
        for value in field.neutral:
            assert Draft202012Validator(dict(field.schema)).is_valid(value)
            assert not field.asks(value)
        if field.fate is Fate.HONOURED:
            assert not field.neutral


def test_unknown_fields_are_found_at_any_depth() -> None:
    spec = {"asNumber": 1, "AsNumber": 2, "communities": [{"name": "a"}, {"nam": "b"}], "x": {}}
    found = {one.path: one.hint for one in unknown_fields(KINDS["BGPConfiguration"], spec)}
    assert found.keys() == {("AsNumber",), ("communities", 1, "nam"), ("x",)}
    assert found["AsNumber",] == "did you mean asNumber?"
    assert found["x",].startswith("the fields are asNumber, ")


def test_secrets_are_not_shown() -> None:
    spec = {"password": {"secretKeyRef": {"name": "s3cret"}}, "maxRestartTime": "9s"}
    first, second = unsupported(KINDS["BGPPeer"], spec)
    assert str(first).startswith("password is not supported, so the object is not used. ")
    assert str(second).startswith("maxRestartTime 9s has no effect. ")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cni.projectcalico.org/ipAddrsNoIpam", "use ipAddrs"),
        ("cni.projectcalico.org/floatingIPs", "use a Service"),
        ("cni.projectcalico.org/ipv4Pools", "did you mean cni.projectcalico.org/ipv4pools?"),
        ("cni.projectcalico.org/zzz", "is not known"),
        ("cni.projectcalico.org/podIP", ""),
        ("cni.projectcalico.org/ipAddrs", ""),
        ("kubernetes.io/ingress-bandwidth", "testbed link set"),
        ("qos.projectcalico.org/egressPacketRate", "is not limited"),
        ("qos.projectcalico.org/ingressbandwidth", "did you mean qos.projectcalico.org/ingressB"),
        ("kubernetes.io/anything", ""),
        ("example.org/ipAddrs", ""),
    ],
)
def test_annotations_that_are_not_done_are_refused(name: str, words: str) -> None:
    said = pod_annotations.refusals({name: "x"})
    assert (len(said) == 1 and words in said[0]) if words else said == []
