"""What is said of SR Policies in the testbed's own form: each fix is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_files import Mended, changed, check_mended

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

ENTRY = POLICY.replace("IPv4", "IPv6").replace(
    "- segmentLists:", "- bindingSid: fcdd:0:0:aa::b000\n      segmentLists:"
)


SEGMENTS = "testbed/te/lint/segments.py: "
POLICIES = "testbed/te/lint/policies.py: "
BINDING = "testbed/te/lint/binding_sids.py: "
STITCHING = "testbed/te/lint/stitching.py: "
NODES = "testbed/te/lint/nodes.py: "
SCHEMA = "testbed/srpolicy/files/schema.py: "
LOAD = "testbed/srpolicy/files/load.py: "

policy = changed(POLICY)

CASES = {
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
        SEGMENTS + "{owners.closest(sid, *FORWARDING)}",
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
        BINDING + "choose one in {pool}, which names the policy",
        "- segmentLists:",
        "- bindingSid: beef::4\n      segmentLists:",
        old="beef::4",
        new="cafe::77",
    ),
    "a binding SID of another head end": Mended(
        BINDING + "choose one of {nodes[0].name}'s SIDs, such as {_free_sid(owners, nodes[0])}",
        ENTRY,
        "fcdd:0:0:aa::b000",
        "fcdd:0:0:11aa::b000",
    ),
    "a binding SID of a policy for IPv4": policy(
        BINDING + "give it to a policy for IPv6, or choose one in {owners.plan.pools.policies}",
        "- segmentLists:",
        "- bindingSid: fcdd:0:0:11aa::b000\n      segmentLists:",
        old="fcdd:0:0:11aa::b000",
        new="cafe::77",
    ),
    "a name that is needed": policy(
        BINDING + "leave specifiedBindingSidOnly out",
        "- segmentLists:",
        "- {specifiedBindingSidOnly: true, bindingSid: 'cafe::77', "
        "segmentLists: [{segments: [worker2]}]}\n    - segmentLists:",
        old="specifiedBindingSidOnly: true, ",
        new="",
    ),
    "a binding SID that is needed": policy(
        POLICIES + "add bindingSid, or leave specifiedBindingSidOnly out",
        "- segmentLists:",
        "- {specifiedBindingSidOnly: true, segmentLists: [{segments: [worker2]}]}\n"
        "    - segmentLists:",
        old="specifiedBindingSidOnly: true, ",
        new="",
    ),
    "a policy into itself": Mended(
        STITCHING + "leave {item.sids[entry]} out",
        ENTRY.replace(":aa:", ":11aa:").replace("[r6,", "[r6, 'fcdd:0:0:11aa::b000',"),
        "'fcdd:0:0:11aa::b000', ",
        "",
    ),
    "no room for a further header": Mended(
        STITCHING
        + "{without}, or use a topology with max_segments={segments} and mtu={mtu} on its links",
        ENTRY.replace("[worker1]", "[master]")
        + "---\n"
        + POLICY.replace("one", "two").replace("94", "95").replace("[r6,", "['fcdd:0:0:aa::b000',"),
        "'fcdd:0:0:aa::b000', ",
        "",
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
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
