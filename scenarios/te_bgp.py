"""An external controller steers traffic over BGP."""

from testbed.scenario import Check, Testbed, scenario

WAYPOINTS = ("r6", "r8")


@scenario(claims=["C5", "C7", "C8"])
def te_bgp(testbed: Testbed, check: Check) -> None:
    """An injected SR Policy moves worker1→worker2 onto r6, r8; deleting it restores best effort."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    file = testbed.policy_file or "worker2-via-r6-r8.yaml"
    with testbed.traffic(source, destination, rate=1000) as stream:
        policy = testbed.inject(file)
        testbed.wait_chosen("worker1", "worker2", 4, "bgp")
        if testbed.policy_file:
            testbed.path(source, destination, family=4).is_as_promised()
        else:
            testbed.path(source, destination, family=4).uses_segments(*WAYPOINTS)
        testbed.withdraw(policy)
        testbed.wait_chosen("worker1", "worker2", 4, "best-effort")
        testbed.path(source, destination, family=4).is_best_effort()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    testbed.inject("worker2-via-r6-r8.yaml")
    testbed.wait_chosen("worker1", "worker2", 4, "bgp")
    only_waypoints_process_the_srh(testbed, source, destination)


def only_waypoints_process_the_srh(testbed, source, destination):
    """C7: plain IPv6 is enough on transit routers, and is not on a waypoint."""
    for router in testbed.plan.routers:
        if router.name not in WAYPOINTS:
            testbed.set_seg6(router.name, enabled=False)
    testbed.path(source, destination, family=4).uses_segments(*WAYPOINTS)
    testbed.set_seg6("r6", enabled=False)
    path = testbed.path(source, destination, family=4)
    path.is_lost_at("r6", because="segment not processed", segments=WAYPOINTS)
    for router in testbed.plan.routers:
        testbed.set_seg6(router.name, enabled=True)
