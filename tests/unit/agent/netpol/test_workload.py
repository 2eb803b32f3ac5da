"""Pods as policies see them: of the API, of this node, and of both."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from testbed.agent.desired.netpol.workload import Workload, workloads
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.network_policy import ApiPod

HERE = Attachment("c", "eth0", "/n", "web", "10.0.0.1", None, "cali1", "team")
OLD, NEW = (("app", "old"),), (("app", "new"),)
ONE, TWO = ip_address("10.0.0.1"), ip_address("10.0.0.2")


def api_pod(labels: tuple[tuple[str, str], ...] = (), uid: str = "u", **more: object) -> ApiPod:
    return ApiPod("team", "web", labels, uid=uid, **more)  # type: ignore[arg-type]


def only(*found: Workload) -> Workload:
    (one,) = found
    return one


def test_a_pod_of_this_node_has_addresses_before_the_api_knows_them() -> None:
    found = only(*workloads((api_pod(OLD),), (), (HERE,)))
    assert (found.interface, dict(found.labels)) == ("cali1", {"app": "old"})
    assert found.addresses == {ONE}
    assert workloads((api_pod(OLD),), (), ()) == ()  # elsewhere, it has none yet


def test_what_was_asked_at_its_attachment_counts_until_the_watch_tells_of_it() -> None:
    newcomer = (api_pod(NEW, "u2"),)
    assert only(*workloads((), newcomer, (HERE,))).labels == {"app": "new"}
    assert only(*workloads((api_pod(OLD, "u1"),), newcomer, (HERE,))).labels == {"app": "new"}
    assert only(*workloads((api_pod(OLD, "u2"),), newcomer, (HERE,))).labels == {"app": "old"}


def test_a_newcomer_that_left_hides_nobody_of_its_name() -> None:
    known = api_pod(OLD, "u1", addresses=(TWO,))
    assert only(*workloads((known,), (api_pod(NEW, "u2"),), ())).addresses == {TWO}


def test_who_has_no_address_of_its_own_is_no_workload() -> None:
    assert workloads((api_pod(addresses=(ONE,), host_network=True),), (), ()) == ()
    assert workloads((api_pod(addresses=(ONE,), ended=True),), (), ()) == ()


def test_a_pod_with_two_sandboxes_is_isolated_at_both() -> None:
    second = replace(HERE, container="c2", host_interface="cali2")
    found = workloads((api_pod(OLD),), (), (HERE, second))
    assert [one.interface for one in found] == ["cali1", "cali2"]


def test_an_interface_of_no_object_is_nobodys() -> None:
    nobody = Attachment("c", "eth0", "/n", "web", "10.0.0.1", None, "cali1")
    assert workloads((), (), (nobody,)) == ()
