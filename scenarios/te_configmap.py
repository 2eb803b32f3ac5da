"""A ConfigMap per head end steers traffic, per address family."""

from testbed.scenario import Check, Testbed, scenario

# The paper's table: waypoints before the egress SID.
PATHS = {
    ("master", "worker1"): ("r3",),
    ("master", "worker2"): ("r6", "r8"),
    ("worker1", "master"): ("r3",),
    ("worker1", "worker2"): ("r6", "r8"),
    ("worker2", "master"): ("r2", "r3"),
    ("worker2", "worker1"): ("r4", "r3"),
}


@scenario(claims=["C6", "C8"])
def te_configmap(testbed: Testbed, check: Check) -> None:
    """All six paths of the paper's table, both families; without the ConfigMaps, best effort."""
    pods = {node.name: testbed.pod(node.name) for node in testbed.nodes()}
    testbed.te.mode("configmap")
    names = testbed.te.apply(testbed.policy_file or "configmaps.yaml")
    for (head_end, endpoint), waypoints in PATHS.items():
        for family in (4, 6):
            testbed.te.wait_chosen(head_end, endpoint, family, "configmap")
            path = testbed.path(pods[head_end], pods[endpoint], family)
            path.is_as_promised() if testbed.policy_file else path.uses_segments(*waypoints)
    testbed.te.unapply(names)
    for head_end, endpoint in PATHS:
        for family in (4, 6):
            testbed.te.wait_chosen(head_end, endpoint, family, "best-effort")
            testbed.path(pods[head_end], pods[endpoint], family).is_best_effort()
