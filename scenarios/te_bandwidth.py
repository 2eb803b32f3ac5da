"""A hot spot that intents with a bandwidth relieve."""

from testbed.scenario import Check, Testbed, scenario

LIMIT, ASKED = 20, 15  # Mbit/s: of every link between routers, and of each intent
# By delay the best path from r3 to r8 is by r5 alone, the next best by r2-r7.
DELAYS = "1ms r4-r6:30ms r2-r7:20ms"
PAIRS = (("master", "worker2"), ("worker1", "worker2"))
INTENT = """\
apiVersion: testbed/v1
kind: Intent
metadata: {{name: from-{source}}}
spec:
  from: {source}
  to: {target}
  family: IPv4
  optimise: delay
"""


@scenario(claims=["C14"], params={"delays": DELAYS, "bandwidths": str(LIMIT)})
def te_bandwidth(testbed: Testbed, check: Check) -> None:
    """Two intents share the path of least delay; once they say what they need, one leaves it."""
    ends = [tuple(testbed.pod(node) for node in pair) for pair in PAIRS]
    intents = [INTENT.format(source=source, target=target) for source, target in PAIRS]
    asking = [f"{one}  bandwidth: {ASKED}\n" for one in intents]
    seen = []
    for name, documents in (("without", intents), ("with", asking)):
        testbed.keep(f"{name}.yaml", "---\n".join(documents))
        testbed.te.apply_intents(testbed.evidence / f"{name}.yaml")
        for pair in PAIRS:
            testbed.wait_chosen(*pair, 4, "bgp")
        waypoints = sorted(row.segments[0] for row in testbed.te.intents())
        expected = ["r5", "r5"] if name == "without" else ["r5", "r7"]
        check.that(waypoints, f"waypoints {name} bandwidths").equals(expected)
        for source, destination in ends:
            testbed.path(source, destination, family=4).is_as_promised()
        mbit = testbed.pods.throughput([(source, destination) for source, destination in ends])
        check.figure(f"Mbit/s of the two {name} bandwidths", mbit)
        seen.append(sum(mbit))
    loads = testbed.te.loads()
    check.that(loads.utilisation, "utilisation of the fullest link").equals(ASKED / LIMIT)
    check.figure("the same on shortest paths", loads.plain)
    check.figure("what no routing has less than", loads.bound)
    check.that(loads.bound > loads.utilisation, "a bound above what it bounds").equals(False)
    gain = round(seen[1] / seen[0], 2)
    check.that(gain, "times as much gets through").is_at_least(1.3)
    lacking = [one.replace(f"{ASKED}", f"{LIMIT * 2}") for one in asking]
    testbed.keep("too-much.yaml", "---\n".join(lacking))
    testbed.te.apply_intents(testbed.evidence / "too-much.yaml")
    for row in testbed.te.intents():
        check.that(row.status, f"{row.intent} for twice what a link has").equals("Unsatisfiable")
        check.that(row.why, "the reason").contains(f"r3 → r4 has {LIMIT} Mbit/s left")
