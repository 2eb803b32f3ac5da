"""Random objects, before a real API server: it takes what `testbed apply` takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given

from testbed.errors import TestbedError
from testbed.kube.errors import Refused
from testbed.orchestrators.kubernetes.api import KubernetesApi
from testbed.plan.model import Plan
from tests.documents import Document
from tests.fuzz import bounded
from tests.integration.kube_control_plane import bare_api
from tests.object_strategies import objects
from tests.shipped_plans import shipped_plan
from tests.unit.te.test_random_objects import judged

pytestmark = pytest.mark.root

ADDRESS = "fd77::1"
BEYOND_THE_BASIC_PLANE: Document = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "IPPool",
    "metadata": {"name": "smiling", "annotations": {"note": "\U0001f600"}},
    "spec": {"cidr": "10.200.0.0/16"},
}
# What only a plan or an agent can know; an API server takes it, and the agents report it.
OF_THE_PLAN = (
    *("overlaps", "lies outside", "nobody has", "is not the cluster's AS", "is larger than"),
    *("no length", "is not supported", "has host bits", "peerIP is not usable", "unknown node"),
    *("selector", "without spec.peerIP"),
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return shipped_plan("full")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesApi]:
    """An API server with the lab's kinds, and no node."""
    with bare_api(tmp_path_factory.mktemp("api"), "objects", ADDRESS) as api:
        yield api


@bounded(300, share=41)
@given(document=objects())
@example(document=BEYOND_THE_BASIC_PLANE)
def test_the_server_takes_what_apply_takes_and_refuses_no_less(
    api: KubernetesApi, plan: Plan, tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    file = tmp_path_factory.getbasetemp() / "object.yaml"
    try:
        taken, _ = judged(plan, file, document)
    except TestbedError as refused:
        if not any(words in str(refused) for words in OF_THE_PLAN):
            kept = {**document, "apiVersion": "crd.projectcalico.org/v1"}
            with pytest.raises(Refused):
                api.dry_run(kept)  # Strict, as kubectl asks
        return
    for item in taken:
        api.dry_run(item)
