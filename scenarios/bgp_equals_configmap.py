"""The two ways of traffic engineering lead to the same forwarding state."""

from typing import NamedTuple

from testbed.scenario import Check, Testbed, scenario


class NodeState(NamedTuple):
    """What a head end does with pods' packets."""

    routes: dict[str, list[str]]
    pod_mtu: int


@scenario(claims=["C5", "C6"])
def bgp_equals_configmap(testbed: Testbed, check: Check) -> None:
    """The same paths by BGP and by ConfigMap give the same kernel routes and the same pod MTU."""
    testbed.te.inject("all-paths.yaml")
    by_bgp = _wait_settled(testbed, "bgp")
    testbed.te.mode("configmap")
    testbed.te.apply("configmaps.yaml")
    by_configmap = _wait_settled(testbed, "configmap")
    testbed.keep("by-bgp.json", _as_evidence(by_bgp))
    testbed.keep("by-configmap.json", _as_evidence(by_configmap))
    for node, state in by_bgp.items():
        check.that(state.routes, f"{node}'s routes by BGP").is_not_empty()
        check.that(by_configmap[node].routes, f"{node}'s routes by ConfigMap").equals(state.routes)
        check.that(by_configmap[node].pod_mtu, f"{node}'s pod MTU by ConfigMap").equals(
            state.pod_mtu
        )
        check.that(state.pod_mtu, f"{node}'s pod MTU").equals(testbed.plan.pod_mtu)


def _wait_settled(testbed: Testbed, source: str) -> dict[str, NodeState]:
    """Every node's routes and pod MTU, once all pairs are steered by `source`."""
    names = [node.name for node in testbed.nodes()]
    for head_end in names:
        for endpoint in names:
            for family in (4, 6):
                if head_end != endpoint:
                    testbed.te.wait_chosen(head_end, endpoint, family, source)
    # before there are pods for the MTU, whose own routes are named anew each time
    routes = {name: testbed.nodes.routes(name) for name in names}
    return {name: NodeState(routes[name], _measure_pod_mtu(testbed, name)) for name in names}


def _measure_pod_mtu(testbed: Testbed, node: str) -> int:
    with testbed.pods.short_lived(node) as pod:
        return testbed.pods.mtu(pod)


def _as_evidence(states: dict[str, NodeState]) -> dict[str, dict[str, object]]:
    return {name: {"routes": s.routes, "pod MTU": s.pod_mtu} for name, s in states.items()}
