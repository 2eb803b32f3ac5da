"""What is said of TE ConfigMaps: each fix is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_files import Mended, changed, check_mended

CONFIGMAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: srv6-config-master, namespace: calico-vpp-dataplane}
data:
  srv6: |
    node: master
    localsids:
      DT4: "fcdd::aa:34b8:247c:36da:db44"
      DT6: "fcdd::aa:34b8:247c:36da:db45"
    policies:
      - node: "fd11::1000"
        traffic: IPv4
        bsid: "cafe::1c2"
        segment_list: ["fcdd::11aa:c11:b42f:f17e:a682"]
"""


LOCAL = "testbed/te/lint/local_sids.py: "
CONFIG = "testbed/srpolicy/files/configmap.py: "

configmap = changed(CONFIGMAP)

CASES = {
    "a wrong namespace": configmap(
        CONFIG + "use namespace: calico-vpp-dataplane", "calico-vpp-dataplane", "default"
    ),
    "a node twice": Mended(
        CONFIG + "keep one of them",
        f"{CONFIGMAP}---\n{CONFIGMAP}",
        f"---\n{CONFIGMAP}",
        "",
        anywhere=True,
    ),
    "two names": configmap(CONFIG + "use node: {node}", "node: master", "node: worker2"),
    "a family misspelt": configmap(
        CONFIG + "{fields.did_you_mean(str(value.content), _TRAFFIC)}",
        "traffic: IPv4",
        "traffic: IP4",
        "traffic: SUGGESTED",
    ),
    "a SID outside": configmap(
        LOCAL + "did you mean {now} ({config.node} End.DT{family})?",
        "fcdd::aa:34b8:247c:36da:db44",
        "fcdd::12aa:0:0:0:7",
        "SUGGESTED",
    ),
    "one SID for two": configmap(
        LOCAL + "give each family a SID of its own",
        "fcdd::aa:34b8:247c:36da:db45",
        "fcdd::aa:34b8:247c:36da:db44",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
