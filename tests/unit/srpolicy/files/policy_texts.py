"""Policy files of each form, and readers of them that must refuse."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from testbed.errors import TestbedError
from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.model import Candidate

INJECTOR = """\
nlri:
  distinguisher: 7
  color: 51
  endpoint: fd12::1000
iswithdraw: false
age:
  seconds: 1
  nanos: 2
sourceasn: 65000
family: {afi: 2, safi: 73}
neighborip: fd12::1000
segmentlist:
  weight: 0
  segments:
  - sid: fcff:6::1
    behavior: 18
  - sid: fcdd::12aa:1
    behavior: 19
bsid: cafe::4
priority: 0
nexthop: fd12::1000
"""

OWN = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: to-worker2}
spec:
  endpoint: worker2
  color: 51
  family: IPv4
  headEnds: [master, worker1]
  candidates:
  - preference: 200
    bindingSid: cafe::4
    segmentLists:
    - weight: 3
      segments: [r6, r8, worker2]
    - segments:
      - {sid: "fcff:2::1", behavior: 1}
      - fcdd::12aa:1
  - discriminator: 9
    priority: 7
    segmentLists:
    - segments: [worker2]
"""

CONFIGMAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: srv6-config-worker1
  namespace: calico-vpp-dataplane
data:
  srv6: |
    ---
    localsids:
      DT4: "fcdd::11aa:4"
      DT6: "fcdd::11aa:6"
    node: worker1
    policies:
      -
        bsid: "cafe::5"
        node: "fd12::1000"
        segment_list:
          - "fcff:6::1"
          - "fcdd::12aa:6"
        traffic: IPv6
"""

OLDER = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: srv6-config
data:
  master: |
    localsids:
      DT4: fcdd::aa:4
    policies: null
  worker1: |
    node: worker1
    localsids: {DT4: "fcdd::11aa:4", DT6: "fcdd::11aa:6"}
  worker2: |
    policies:
    - node: fd11::1000
      segment_list: ["fcff:4::1", "fcdd::11aa:4"]
      traffic: IPv4
"""


def resolve(name: str, family: int | None) -> IPv6Address | None:
    """A lab of three nodes."""
    known = {
        ("worker2", None): "fd12::1000",
        ("worker2", 4): "fcdd::12aa:1",
        ("r6", None): "fcff:6::1",
        ("r8", None): "fcff:8::1",
    }
    found = known.get((name, family))
    return IPv6Address(found) if found else None


def sids(candidate: Candidate) -> list[list[str]]:
    return [[str(sid) for sid in item.sids] for item in candidate.segment_lists]


def refused(text: str, source: str = "f.yaml") -> str:
    with pytest.raises(TestbedError) as caught:
        load_policies(text, source, resolve)
    assert caught.value.exit_code == 2
    return str(caught.value)


def refused_configmap(text: str) -> str:
    with pytest.raises(TestbedError) as caught:
        configmap.load_configmaps(text, "c.yaml")
    return str(caught.value)
