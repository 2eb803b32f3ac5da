"""A hot spot that intents with a bandwidth relieve."""

from testbed.scenario import Check, Testbed, scenario

# One lab for all scenarios with these parameters. By delay the best path from r3 to r8 is by r5,
# the next best by r2-r7; by metric those by r4-r6 and by r2-r7, which share a duct.
NETWORK = {
    "delays": "1ms r4-r6:30ms r2-r7:20ms",
    "srlgs": "r4-r6:duct r2-r7:duct",
    "bandwidths": "20",
}
LIMIT, ASKED = int(NETWORK["bandwidths"]), 15  # Mbit/s: of each link, and of each intent
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


@scenario(claims=["C14"], params=NETWORK)
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
        by_r5 = ["r5" in row.path for row in testbed.te.intents()]
        wanted = 2 if name == "without" else 1
        check.that(by_r5.count(True), f"paths by r5 {name} bandwidths").equals(wanted)
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
    lacking = [f"{one}  bandwidth: {LIMIT * 3}\n" for one in intents]
    testbed.keep("too-much.yaml", "---\n".join(lacking))
    testbed.te.apply_intents(testbed.evidence / "too-much.yaml")
    for row in testbed.te.intents():
        check.that(row.status, f"{row.intent} for more than all ways together have").equals(
            "Unsatisfiable"
        )
        check.that(row.why, "the reason").contains(f"r3 → r4 has {LIMIT} Mbit/s left")
