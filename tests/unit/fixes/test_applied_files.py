"""What is said of policy files, TE ConfigMaps and Calico's objects: each fix is followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.te.lint.findings import LintFailed
from testbed.te.load import load_objects, load_policy_file
from tests.shipped_plans import shipped_plan
from tests.unit.fixes.applied import edited, is_printed_by
from tests.unit.te.lint.test_lint import selected


@dataclass(frozen=True)
class Mended:
    """A file; what of the named line is replaced, and by what."""

    fix: str
    text: str
    old: str
    new: str
    anywhere: bool = False  # the line to edit is not the one that is named


POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: one}
spec:
  endpoint: worker2
  color: 94
  family: IPv4
  headEnds: [worker1]
  candidates:
    - segmentLists:
        - segments: [r6, worker2]
"""
INJECTED = """\
nlri:
  distinguisher: 4
  color: 94
  endpoint: fd11::1000
segmentlist:
  segments:
  - sid: fcdd::11aa:c11:b42f:f17e:a682
    behavior: 19
"""
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
HEAD = "apiVersion: crd.projectcalico.org/v1\nkind: "
POOL = HEAD + "IPPool\nmetadata: {name: p}\nspec:\n  cidr: 172.16.4.0/24\n"
PEER = HEAD + "BGPPeer\nmetadata: {name: p}\nspec:\n  peerIP: fd00:0:34::2\n  asNumber: 64512\n"
BGP = HEAD + "BGPConfiguration\nmetadata: {name: default}\nspec:\n  asNumber: 64512\n"

SEGMENTS = "testbed/te/lint/segments.py: "
POLICIES = "testbed/te/lint/policies.py: "
BINDING = "testbed/te/lint/binding_sids.py: "
LOCAL = "testbed/te/lint/local_sids.py: "
NODES = "testbed/te/lint/nodes.py: "
POOLS = "testbed/te/lint/pools.py: "
OBJECTS = "testbed/te/lint/bgp_objects.py: "
CALICO = "testbed/te/lint/calico.py: "
KINDS = "testbed/te/lint/calico_objects.py: "
ITEMS = "testbed/te/lint/object_items.py: "
CONFIG = "testbed/srpolicy/files/configmap.py: "
FIELDS = "testbed/srpolicy/files/fields.py: "
SCHEMA = "testbed/srpolicy/files/schema.py: "
LOAD = "testbed/srpolicy/files/load.py: "


def changed(text: str) -> Callable[..., Mended]:
    """Makes cases out of a right text in which `wrong` stands for `right`."""

    def case(
        fix: str,
        right: str,
        wrong: str,
        new: str | None = None,
        *,
        old: str = "",
        anywhere: bool = False,
    ) -> Mended:
        """`old` is edited, if not all that is wrong; `new` is written, if not what was right."""
        assert right in text
        new = right if new is None else new
        return Mended(fix, text.replace(right, wrong), old or wrong, new, anywhere)

    return case


policy, injected, configmap = changed(POLICY), changed(INJECTED), changed(CONFIGMAP)

CASES = {
    # policies
    "colour 0": policy(
        POLICIES + "use 1 or more", "color: 94", "color: 0", "color: 1", anywhere=True
    ),
    "a head end of nobody": policy(
        NODES + "did you mean {near[0]}?", "[worker1]", "[woker1]", "[SUGGESTED]", anywhere=True
    ),
    "a router as head end": policy(
        NODES + "the cluster nodes are {', '.join(names) or 'none'}",
        "[worker1]",
        "[r3]",
        "[master]",
        anywhere=True,
    ),
    "to itself": policy(
        POLICIES + "name the node that the traffic goes to",
        "endpoint: worker2",
        "endpoint: worker1",
    ),
    "a waypoint of nobody": policy(
        SEGMENTS + "use a router's loopback ({', '.join(names)}{more})",
        "[r6, worker2]",
        "[h31, worker2]",
        "['fcff:1::1', worker2]",
    ),
    "a waypoint misspelt": policy(
        SEGMENTS + "{owners.closest(sid, Kind.END, Kind.NODE)}",
        "[r6, worker2]",
        "['fcff:66::1', worker2]",
        "['SUGGESTED', worker2]",
    ),
    "a SID inside": policy(
        SEGMENTS + "it can only be the last segment",
        "[r6, worker2]",
        "['fcdd::11aa:c11:b42f:f17e:a682', worker2]",
        "[worker2]",
    ),
    "an interface": policy(
        SEGMENTS + "use its loopback {loopback}",
        "[r6, worker2]",
        "['fcf0:0:4:6::2', worker2]",
        "['fcff:6::1', worker2]",
    ),
    "there and back": policy(
        SEGMENTS + "leave it out", "[r6, worker2]", "[r6, worker1, worker2]", "[r6, worker2]"
    ),
    "its own first": policy(
        SEGMENTS + "leave it out for {first.node}",
        "[r6, worker2]",
        "[worker1, r6, worker2]",
        "[r6, worker2]",
    ),
    "its own first, of many": Mended(
        SEGMENTS + "leave it out for {first.node}, or name the other head ends "
        "({', '.join(others)})",
        POLICY.replace("[worker1]", "[worker1, master]").replace("[r6,", "[worker1, r6,"),
        "[worker1, master]",
        "[master]",
        anywhere=True,
    ),
    "twice": policy(
        SEGMENTS + "remove one of them", "[r6, worker2]", "[r6, r6, worker2]", "[r6, worker2]"
    ),
    "too deep": policy(
        SEGMENTS + "use at most {plan.max_segments}, or a topology with max_segments={depth}{mtu}",
        "[r6, worker2]",
        "[r6, r5, r4, worker2]",
        "[r6, r5, worker2]",
    ),
    "far too deep": policy(
        SEGMENTS + "use at most {plan.max_segments}; no topology has more than max_segments=16",
        "[r6, worker2]",
        "[" + "r6, r5, " * 9 + "worker2]",
        "[r6, r5, worker2]",
    ),
    "a binding SID of a node": policy(
        BINDING + "choose one in {pool}",
        "- segmentLists:",
        "- bindingSid: fcff:3::1\n      segmentLists:",
        old="fcff:3::1",
        new="cafe::77",
    ),
    "a binding SID of nobody": policy(
        BINDING + "choose one inside it",
        "- segmentLists:",
        "- bindingSid: beef::4\n      segmentLists:",
        old="beef::4",
        new="cafe::77",
    ),
    "a binding SID of another": Mended(
        BINDING + "did you mean {own.v4 if family == 4 else own.v6} ({node.name} IPv{family})?",
        POLICY.replace("[worker1]", "[master]").replace(
            "- segmentLists:", "- bindingSid: cafe::1c2\n      segmentLists:"
        ),
        "cafe::1c2",
        "SUGGESTED",
    ),
    "a misspelt word of a policy": policy(
        SCHEMA + "did you mean {by_lower[found[0]]}?", "color:", "colr:", "SUGGESTED:"
    ),
    "a word of no policy": policy(
        SCHEMA + "the fields are {', '.join(known)}",
        "  color: 94",
        "  zzz: 1\n  color: 94",
        old="  zzz: 1",
        new="",
    ),
    "a word missing": policy(
        SCHEMA + "add {', '.join(missing)}",
        "  color: 94\n",
        "",
        "  color: 94\n  endpoint",
        old="  endpoint",
    ),
    "a node of nobody": policy(
        "testbed/te/resolve.py: did you mean {near[0]}?",
        "endpoint: worker2",
        "endpoint: woker2",
        "endpoint: SUGGESTED",
    ),
    "a node like nobody": policy(
        "testbed/te/resolve.py: the nodes are {', '.join(plan.by_name)}",
        "endpoint: worker2",
        "endpoint: zzz",
    ),
    "a router at the end": policy(
        "testbed/srpolicy/files/native.py: write the address, or the name of a "
        "{'cluster node' if family else 'node'}",
        "[r6, worker2]",
        "[r6, r8]",
    ),
    # the injector's form
    "an endpoint misspelt": injected(
        POLICIES + "{owners.closest(endpoint, Kind.NODE)}", "fd11::1000", "fd11::100", "SUGGESTED"
    ),
    "an endpoint of nobody": injected(
        POLICIES + "the cluster nodes are {known or 'none'}",
        "fd11::1000",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    ),
    "a SID as endpoint": injected(
        POLICIES + "did you mean {owners.plan.address_v6(owned.node)} ({owned.node})?",
        "endpoint: fd11::1000",
        "endpoint: fcdd::11aa:c11:b42f:f17e:a683",
        "endpoint: SUGGESTED",
    ),
    "no behaviour": injected(
        POLICIES + "add behavior: 18 (End.DT6) or 19 (End.DT4) to the last segment",
        "a682\n    behavior: 19",
        "a682",
        anywhere=True,
    ),
    "another's SID last": injected(
        SEGMENTS + "did you mean {owners.get(wanted)}?",
        "fcdd::11aa:c11:b42f:f17e:a682",
        "fcdd::11aa:c11:b42f:f17e:a683",
        "SUGGESTED",
    ),
    "another family": injected(
        "testbed/srpolicy/files/injector.py: use afi: 2, safi: 73",
        "segmentlist:",
        "family: {afi: 1, safi: 73}\nsegmentlist:",
        old="afi: 1",
        new="afi: 2",
    ),
    "a misspelt word": injected(
        FIELDS + "did you mean {by_lower[found[0]]}?", "endpoint:", "endpiont:", "SUGGESTED:"
    ),
    "a strange word": injected(
        FIELDS + "the fields are {', '.join(known)}",
        "  color: 94",
        "  zzz: 1\n  color: 94",
        old="  zzz: 1",
        new="",
    ),
    "a word left out": injected(
        FIELDS + "add {key}",
        "  endpoint: fd11::1000\n",
        "",
        "  endpoint: fd11::1000\n  color: 94",
        old="  color: 94",
        anywhere=True,
    ),
    "two policies of one name": Mended(
        LOAD + "give one another name, or make them candidates of one policy",
        f"{POLICY}---\n{POLICY.replace('94', '95')}",
        "name: one",
        "name: two",
        anywhere=True,
    ),
    "one NLRI": Mended(
        LOAD + "give one another colour or discriminator",
        f"{POLICY}---\n{POLICY.replace('name: one', 'name: two')}",
        "color: 94",
        "color: 95",
        anywhere=True,
    ),
    "a SID near none": injected(
        SEGMENTS + "did you mean {owners.get(wanted)}?",
        "fcdd::11aa:c11:b42f:f17e:a682",
        "fcff:6::1",
        "SUGGESTED",
    ),
    # ConfigMaps
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
    # Calico's objects
    "a pool of routers": Mended(
        POOLS + "cidr: {free}",
        POOL.replace("172.16.4.0/24", "192.168.0.0/16"),
        "cidr: 192.168.0.0/16",
        "FIX",
    ),
    "a pool of another": Mended(
        POOLS + "cidr: {free}",
        f"{POOL}---\n{POOL.replace('name: p', 'name: q')}",
        "cidr: 172.16.4.0/24",
        "FIX",
    ),
    "a pool over SIDs": Mended(
        POOLS + "first give {taken.owner} another cidr",
        POOL.replace("172.16.4.0/24", "cafe::/120")
        + "---\n"
        + POOL.replace("name: p", "name: sr-policies-pool").replace("172.16.4.0/24", "cafe::/118"),
        "cafe::/120",
        "fdfb:af47:32af:1::/64",
        anywhere=True,
    ),
    "the plan's own pool": Mended(
        POOLS + "did you mean {meant}?",
        POOL.replace("name: p", "name: default-ipv4-ippool").replace(
            "172.16.4.0/24", "172.17.0.0/16"
        ),
        "172.17.0.0/16",
        "SUGGESTED",
    ),
    "a pool of SIDs": Mended(
        POOLS + "did you mean {spec.sid_pool}?",
        POOL.replace("name: p", "name: sr-localsids-pool-worker1").replace(
            "172.16.4.0/24", "fcdd:0:0:12aa::/64"
        ),
        "fcdd:0:0:12aa::/64",
        "SUGGESTED",
    ),
    "a pool of binding SIDs": Mended(
        POOLS + "did you mean {own}?",
        POOL.replace("name: p", "name: sr-policies-pool").replace("172.16.4.0/24", "cafd::/118"),
        "cafd::/118",
        "SUGGESTED",
    ),
    "two overlays": Mended(
        POOLS + "set one of them to Never",
        POOL + "  ipipMode: Always\n  vxlanMode: Always\n",
        "vxlanMode: Always",
        "vxlanMode: Never",
    ),
    "a selector of nobody": Mended(
        CALICO + "did you mean {near[0]}?",
        POOL + "  nodeSelector: kubernetes.io/hostname == 'woker1'\n",
        "woker1",
        "SUGGESTED",
    ),
    "no selector": Mended(
        CALICO + "write it as in key == 'value', has(key), key in {'a', 'b'} or all()",
        POOL + "  nodeSelector: kubernetes.io/hostname = 'worker1'\n",
        " = ",
        " == ",
    ),
    "another AS": Mended(
        OBJECTS + "asNumber: {asn}, or leave it out",
        PEER.replace("64512", "64513"),
        "asNumber: 64513",
        "asNumber: 64512",
    ),
    "an AS of nobody": Mended(
        OBJECTS + "asNumber: {plan.asn}", BGP.replace("64512", "64513"), "asNumber: 64513", "FIX"
    ),
    "a peer's IPv4 address": Mended(
        OBJECTS + "use {plan.address_v6(owner)} ({owner})",
        PEER.replace("fd00:0:34::2", "192.168.9.254"),
        "192.168.9.254",
        "fd00:0:34::2",
    ),
    "a peer misspelt": Mended(
        OBJECTS + "did you mean {meant} ({owner})?",
        PEER.replace("fd00:0:34::2", "192.169.9.254"),
        "192.169.9.254",
        "SUGGESTED",
    ),
    "a router as peer": Mended(
        OBJECTS + "the BGP speakers are {names or 'none'}",
        PEER.replace("fd00:0:34::2", "fcff:3::1"),
        "fcff:3::1",
        "fd00:0:34::2",
    ),
    "a configuration misspelt": Mended(
        OBJECTS + "did you mean {near[0]}?",
        BGP.replace("default", "defualt"),
        "defualt",
        "SUGGESTED",
        anywhere=True,
    ),
    "a configuration of a node": Mended(
        OBJECTS + "the agents read only the one named default",
        BGP.replace("default", "node.worker1"),
        "node.worker1",
        "default",
        anywhere=True,
    ),
    "what agents write": Mended(
        KINDS + "leave it out: the agents claim blocks themselves",
        HEAD + "BlockAffinity\nmetadata: {name: b}\nspec: {}\n---\n" + POOL,
        HEAD + "BlockAffinity\nmetadata: {name: b}\nspec: {}\n---\n",
        "",
        anywhere=True,
    ),
    "what nobody enforces": Mended(
        KINDS + "leave it out: policies of this kind are not enforced",
        HEAD + "GlobalNetworkPolicy\nmetadata: {name: b}\nspec: {}\n---\n" + POOL,
        HEAD + "GlobalNetworkPolicy\nmetadata: {name: b}\nspec: {}\n---\n",
        "",
        anywhere=True,
    ),
    "a kind misspelt": Mended(
        KINDS + "{hint + ' ' if hint else ''}{taken}; {others}",
        POOL.replace("IPPool", "IPool"),
        "IPool",
        "SUGGESTED",
        anywhere=True,
    ),
    "no name": Mended(
        KINDS + "metadata: {name: mine}",
        POOL.replace("metadata: {name: p}\n", ""),
        "spec:",
        "FIX\nspec:",
        anywhere=True,
    ),
    "a name with a capital": Mended(
        ITEMS + "take lower-case letters, digits, '-' and '.', at most 253 of them",
        POOL.replace("name: p", "name: My_Pool"),
        "My_Pool",
        "my-pool",
    ),
    "no spec": Mended(
        KINDS + "the fields of {kind} stand below spec:",
        POOL.replace("spec:\n  cidr: 172.16.4.0/24\n", "cidr: 172.16.4.0/24\n"),
        "cidr",
        "spec:\n  cidr",
        anywhere=True,
    ),
    "a part misspelt": Mended(
        ITEMS + "did you mean {by_lower[near[0]]}?",
        POOL + "statsu: {}\n",
        "statsu",
        "SUGGESTED",
    ),
    "a strange part": Mended(
        ITEMS + "the fields are {', '.join(sorted(known))}", POOL + "zzz: {}\n", "zzz: {}", ""
    ),
    "no version": Mended(
        ITEMS + "apiVersion: {wanted}",
        POOL.replace("apiVersion: crd.projectcalico.org/v1\n", ""),
        "kind",
        "FIX\nkind",
        anywhere=True,
    ),
    "another version": Mended(
        ITEMS + "apiVersion: {' or '.join(accepted)}",
        POOL.replace("crd.projectcalico.org/v1", "calico/v9"),
        "calico/v9",
        "projectcalico.org/v3",
    ),
}

Said = list[tuple[str, str | None]]


def said_of(plan: Plan, file: Path) -> Said:
    """Place and fix of everything that is said of a file."""
    text = file.read_text()
    of_policies = "SRPolicy" in text or "segmentlist" in text
    try:
        if of_policies:
            findings = load_policy_file(plan, file)[1]
        else:
            findings = load_objects(plan, file, selected=selected)[1]
    except LintFailed as error:
        findings = error.findings
    except TestbedError as error:
        return [(error.where or "", error.fix)]
    return [(f.where, f.fix) for f in findings]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    plan, file = shipped_plan("full"), tmp_path / "mine.yaml"
    file.write_text(case.text)
    said = said_of(plan, file)
    where, fix = next(((w, f) for w, f in said if is_printed_by(case.fix, f)), ("", None))
    assert fix is not None, said
    file.write_text(edited(case.text, None if case.anywhere else where, case.old, case.new, fix))
    assert said_of(plan, file) == []
