"""kubectl says of every NetworkPolicy that it is not enforced, where that is so."""

from __future__ import annotations

from testbed.object_fields.others import NOT_ENFORCED
from testbed.orchestrators.kubernetes import base_objects
from tests.documents import Document

NAME = "testbed-network-policies"


def named(objects: list[Document]) -> dict[str, Document]:
    return {o["kind"]: o["spec"] for o in objects if o["metadata"]["name"] == NAME}


def test_a_warning_and_no_refusal() -> None:
    found = named(base_objects.definitions([]))
    assert found["ValidatingAdmissionPolicyBinding"]["validationActions"] == ["Warn"]
    (rule,) = found["ValidatingAdmissionPolicy"]["validations"]
    assert NOT_ENFORCED in rule["messageExpression"] and rule["expression"] == "false"


def test_an_overlay_with_its_own_objects_enforces_them() -> None:
    assert named(base_objects.definitions([], own_definitions=True)) == {}
