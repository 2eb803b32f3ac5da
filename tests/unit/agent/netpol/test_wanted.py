"""What a node wants because of policies."""

from __future__ import annotations

from dataclasses import replace

from testbed.agent.desired.decide import decide
from testbed.agent.desired.node_status import node_status
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.label_selector import LabelSelector, Requirement
from testbed.agent.model.network_policy import ApiPod, NetworkPolicy, PolicyObjects
from tests.unit.agent.decision_inputs import BASE

HERE = Attachment("c", "eth0", "/n", "web", "172.16.0.1", None, "cali1", "team")
CLOSED = PolicyObjects((NetworkPolicy("team", "closed", ingress=()),), (), ())


def test_a_pod_that_a_policy_selects_is_isolated() -> None:
    inputs = replace(BASE, attachments=(HERE,), isolation=CLOSED)
    wanted = decide(inputs)
    assert wanted.isolation.interfaces == ("cali1",)
    told = node_status(inputs, wanted).isolation
    assert (told.pods, told.policies, told.rules) == (1, 1, 0)
    assert decide(replace(inputs, isolation=PolicyObjects())).isolation.pods == {}


def test_labels_count_that_the_api_gave_when_the_pod_was_attached() -> None:
    selector = LabelSelector((Requirement("app", "Exists"),))
    some = replace(CLOSED, policies=(replace(CLOSED.policies[0], pods=selector),))
    inputs = replace(BASE, attachments=(HERE,), isolation=some)
    assert decide(inputs).isolation.pods == {}
    pod = ApiPod("team", "web", (("app", "web"),), uid="u")
    assert decide(replace(inputs, known_pods=(pod,))).isolation.interfaces == ("cali1",)
