"""The TE engine computes paths of intents, and new ones when the network changes."""

from testbed.scenario import Check, Testbed, scenario

# By metric, r4-r6 and r2-r7 are on the best paths from r3 to r8; by delay, neither is.
DELAYS = "1ms r4-r6:20ms r2-r7:20ms"
INTENT = """\
apiVersion: testbed/v1
kind: Intent
metadata: {{name: to-worker2}}
spec:
  from: worker1
  to: worker2
  optimise: {optimise}
"""
PAIR = ("worker1", "worker2")


@scenario(claims=["C14"], params={"delays": DELAYS})
def te_intents(testbed: Testbed, check: Check) -> None:
    """An intent moves worker1→worker2 to the path of least delay, and a cut moves it on."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    for optimise in ("igp", "delay"):
        testbed.keep(f"{optimise}.yaml", INTENT.format(optimise=optimise))
    with testbed.traffic(source, destination, rate=1000) as stream:
        testbed.te.apply_intents(testbed.evidence / "igp.yaml")
        testbed.path(source, destination, family=4).is_best_effort()
        stream.flowing()
        testbed.te.apply_intents(testbed.evidence / "delay.yaml")
        stream.flowing()
        for family in (4, 6):
            testbed.wait_chosen(*PAIR, family, "bgp")
            testbed.path(source, destination, family).uses_segments("r5")
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    predicted = {m.after_segments for m in testbed.te.what_if(down=["r5-r6"]).moves}
    testbed.cut("r5", "r6")
    testbed.wait("the engine to know of the cut", lambda: "r5" not in testbed.te.intents()[0].path)
    testbed.te.apply_intents()
    seen = {row.segments for row in testbed.te.intents()}
    check.that(seen, "segment lists after the cut").equals(predicted)
    testbed.path(source, destination, family=4).is_as_promised()
    testbed.mend("r5", "r6")
    testbed.wait("the engine to know of the mend", lambda: "r5" in testbed.te.intents()[0].path)
    testbed.te.apply_intents()
    testbed.path(source, destination, family=4).uses_segments("r5")
