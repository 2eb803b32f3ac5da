"""Which pod a name means for `exec`."""

from __future__ import annotations

import pytest

from testbed.errors import TestbedError
from testbed.kube.documents import KubeObject
from testbed.orchestrators.kubernetes.container import namespace_of


def pod(name: str, namespace: str) -> KubeObject:
    return {"metadata": {"name": name, "namespace": namespace}}


def test_a_pod_is_found_in_any_namespace() -> None:
    there = [pod("web", "default"), pod("coredns-1", "kube-system")]
    assert namespace_of("web", there, ["date"]) == "default"
    assert namespace_of("coredns-1", there, ["date"]) == "kube-system"


def test_a_name_that_means_two_or_none_is_refused() -> None:
    there = [pod("web", "default"), pod("web", "prod")]
    with pytest.raises(TestbedError, match="in the namespaces default, prod") as refused:
        namespace_of("web", there, ["sh", "-c", "date; id"])
    fix = "testbed kubectl -n default exec web -- sh -c 'date; id'"
    assert refused.value.fix == fix
    with pytest.raises(TestbedError, match="no pod 'db'"):
        namespace_of("db", there, ["date"])
