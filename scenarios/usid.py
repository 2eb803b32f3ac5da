"""Micro SIDs (RFC 9800): several segments in one address, beside lists in SRHs."""

from testbed.scenario import Check, Testbed, scenario

PAIR = ("worker1", "worker2")
# r2, r7, r8, r6, r5 and r4, from r3 to r8; then the endpoint's SID by family.
SIX = ("r2", "r7", "r8", "r6", "r5", "r4")
CONTAINERS = {4: "5f00:20:70:80:60:50:40:e034", 6: "5f00:20:70:80:60:50:40:e036"}
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: six-ipv{family}}}
spec:
  endpoint: worker2
  color: 98{family}
  family: IPv{family}
  headEnds: [worker1]
  candidates:
    - segmentLists:
        - segments: ["{container}"]
"""
INTENT = """\
apiVersion: testbed/v1
kind: Intent
metadata: {{name: by-r7}}
spec:
  from: worker1
  to: worker2
  require: {{links: [r2-r7]}}
  encoding: {encoding}
---
apiVersion: testbed/v1
kind: Intent
metadata: {{name: back}}
spec: {{from: worker2, to: worker1, require: {{links: [r4-r5]}}, encoding: {other}}}
"""


@scenario(claims=["C5", "C14"], params={"encoding": "usid"})
def usid(testbed: Testbed, check: Check) -> None:
    """Six routers and the endpoint are one address, without SRH; intents mix both encodings."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    mtu = testbed.pods.mtu(source)
    for family, container in CONTAINERS.items():
        name = f"six-ipv{family}.yaml"
        testbed.keep(name, POLICY.format(family=family, container=container))
        policy = testbed.te.inject(testbed.evidence / name)
        testbed.te.wait_chosen(*PAIR, family, "bgp")
        check.that(lists(testbed, *PAIR, family), "addresses in use").equals([[container]])
        path = testbed.path(source, destination, family)
        path.uses_segments(*SIX)
        path.is_as_promised()
        whole = testbed.pods.carries(source, destination, family, mtu)
        check.that(whole, f"whether IPv{family} packets of {mtu} bytes get through").equals(True)
        testbed.te.withdraw(policy)
    encodings = {"srh": "usid", "usid": "srh"}
    for encoding, other in encodings.items():
        testbed.keep(f"{encoding}.yaml", INTENT.format(encoding=encoding, other=other))
    with testbed.traffic(source, destination, rate=1000) as stream:
        for encoding in encodings:
            testbed.te.apply_intents(testbed.evidence / f"{encoding}.yaml")
            stream.flowing()
            for family in (4, 6):
                addresses = lists(testbed, *PAIR, family)[0]
                check.that(len(addresses), f"addresses, encoding {encoding}").equals(
                    1 if encoding == "usid" else 2
                )
                one_way = testbed.path(source, destination, family)
                one_way.uses_segments("r7")
                one_way.is_as_promised()
                testbed.path(destination, source, family).is_as_promised()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)


def lists(testbed: Testbed, head_end: str, endpoint: str, family: int) -> list[list[str]]:
    """The addresses of each segment list in use."""
    chosen = testbed.te.chosen(head_end, endpoint, family)
    return [list(found.segments) for found in chosen.segment_lists]
