"""The TE engine computes paths of intents, and new ones when the network changes."""

from time import monotonic

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
    """An intent moves worker1→worker2 to the path of least delay; after a cut the engine does."""
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
    moved = wait_first_segment_is_r5(testbed, False)
    check.figure("from the cut until worker1 uses the new list (s)", moved, bound=0.3)
    seen = {row.segments for row in testbed.te.intents()}
    check.that(seen, "segment lists after the cut").equals(predicted)
    testbed.path(source, destination, family=4).is_as_promised()
    testbed.kill("gobgp.te")
    testbed.path(source, destination, family=4).is_as_promised()
    testbed.mend("r5", "r6")
    wait_first_segment_is_r5(testbed, True)
    testbed.path(source, destination, family=4).uses_segments("r5")


def wait_first_segment_is_r5(testbed: Testbed, wanted: bool) -> float:
    """Wait until worker1 uses a list that begins with r5, or none that does; how long it took."""
    begun = monotonic()
    r5 = str(testbed.plan.address_v6("r5"))
    testbed.wait(
        f"worker1 {'to go' if wanted else 'not to go'} by r5",
        lambda: (testbed.te.first_segment(*PAIR, 4) == r5) is wanted,
    )
    return round(monotonic() - begun, 3)
