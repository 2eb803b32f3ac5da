"""The two ways of traffic engineering lead to the same forwarding state."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C5", "C6"])
def bgp_equals_configmap(testbed: Testbed, check: Check) -> None:
    """The same paths by BGP and by ConfigMap give the same kernel routes and the same pod MTU."""
    testbed.inject("all-paths.yaml")
    by_bgp = _settled(testbed, "bgp")
    testbed.mode("configmap")
    testbed.apply("configmaps.yaml")
    by_configmap = _settled(testbed, "configmap")
    testbed.keep("by-bgp.json", by_bgp)
    testbed.keep("by-configmap.json", by_configmap)
    for node, state in by_bgp.items():
        check.that(state["routes"], f"{node}'s routes by BGP").is_not_empty()
        check.that(by_configmap[node]["routes"], f"{node}'s routes by ConfigMap").equals(
            state["routes"]
        )
        check.that(by_configmap[node]["pod MTU"], f"{node}'s pod MTU by ConfigMap").equals(
            state["pod MTU"]
        )
        check.that(state["pod MTU"], f"{node}'s pod MTU").equals(testbed.plan.pod_mtu)


def _settled(testbed, source):
    """Every node's routes and pod MTU, once all pairs are steered by `source`."""
    names = [node.name for node in testbed.nodes()]
    for head_end in names:
        for endpoint in names:
            for family in (4, 6):
                if head_end != endpoint:
                    testbed.wait_chosen(head_end, endpoint, family, source)
    state = {name: {"routes": testbed.routes(name)} for name in names}
    for name in names:
        with testbed.short_lived_pod(name) as pod:
            state[name]["pod MTU"] = testbed.pod_mtu(pod)
    return state
