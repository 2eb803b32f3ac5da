"""The TE engine is killed under traffic; another time it misses a cut."""

from testbed.scenario import Check, Testbed, scenario

INTENT = """\
apiVersion: testbed/v1
kind: Intent
metadata: {name: gold}
spec: {from: worker1, to: worker2, avoid: {links: [r4-r6]}}
"""
PAIR = ("worker1", "worker2")


@scenario(claims=["C14"])
def te_engine_restart(testbed: Testbed, check: Check) -> None:
    """kill -9 of the TE engine moves no packet; a cut that it missed is answered on its return."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.keep("gold.yaml", INTENT)
    with testbed.traffic(source, destination, rate=1000) as stream:
        testbed.te.apply_intents(testbed.evidence / "gold.yaml")
        stream.flowing()
        for family in (4, 6):
            testbed.wait_chosen(*PAIR, family, "bgp")
        before = testbed.te.intents()
        announced = testbed.te.announced()
        testbed.te.kill_engine()
        stream.flowing(count=1000)
        check.that(testbed.te.announced(), "policies after kill -9").equals(announced)
        check.that(testbed.te.intents(), "paths after kill -9").equals(before)
        testbed.path(source, destination, family=4).uses_segments("r7")
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    engine = testbed.te.engine
    testbed.stop(engine)
    with testbed.traffic(source, destination, rate=1000) as stream:
        testbed.cut("r2", "r7")
        stream.flowing(count=1000, timeout=120)
        check.that(testbed.te.announced(), "policies while nobody plans").equals(announced)
        testbed.start(engine)
        r5 = str(testbed.plan.address_v6("r5"))
        testbed.wait("worker1 to go by r5", lambda: testbed.first_segment(*PAIR, 4) == r5)
        testbed.path(source, destination, family=4).uses_segments("r5")
