"""Pods of a node as the API had them last, before its watch tells of them and after it does."""

from __future__ import annotations

from testbed.agent.api.known_pods import KnownPods
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.network_policy import ApiPod

HERE = (Attachment("c", "eth0", "/n", "web", "10.0.0.1", None, "cali1", "team"),)


def pod(uid: str, app: str = "") -> ApiPod:
    return ApiPod("team", "web", (("app", app),), uid=uid)


def test_a_pod_is_known_from_its_attachment_until_it_is_detached() -> None:
    known = KnownPods()
    known.add(pod("a"))
    assert known.update((), ()) == (pod("a"),)  # its attachment is under way
    assert known.update((pod("a", "new"),), HERE) == (pod("a", "new"),)
    assert known.update((), HERE) == (pod("a", "new"),)  # deleted by force
    assert known.update((pod("a", "new"),), ()) == ()


def test_another_pod_of_its_name_changes_nothing_until_it_is_attached() -> None:
    known = KnownPods()
    assert known.update((pod("a"),), HERE) == (pod("a"),)
    assert known.update((pod("b"),), HERE) == (pod("a"),)
    known.add(pod("b"))
    assert known.update((pod("b", "new"),), HERE) == (pod("b", "new"),)


def test_what_is_elsewhere_or_nowhere_is_not_known() -> None:
    known = KnownPods()
    known.add(None)
    known.add(pod(""))
    assert known.update((pod("a"),), ()) == ()
