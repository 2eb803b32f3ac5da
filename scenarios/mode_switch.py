"""TE moves from BGP to ConfigMaps and back, under traffic."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C5", "C6"])
def mode_switch(testbed: Testbed, check: Check) -> None:
    """bgp → configmap → bgp at 1,000 packets/s: the source changes, no packet is lost."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.te.inject("worker2-via-r4.yaml")
    testbed.te.apply("configmaps.yaml")
    testbed.te.wait_chosen("worker1", "worker2", 4, "bgp")
    with testbed.traffic(source, destination, rate=1000) as stream:
        testbed.te.mode("configmap")
        testbed.te.wait_chosen("worker1", "worker2", 4, "configmap")
        testbed.path(source, destination, family=4).uses_segments("r6", "r8")
        testbed.te.mode("bgp")
        testbed.te.wait_chosen("worker1", "worker2", 4, "bgp")
        testbed.path(source, destination, family=4).uses_segments("r4")
        stream.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
