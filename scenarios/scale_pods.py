"""As many pods as have room."""

from time import monotonic

from testbed.scenario import Check, Pod, Testbed, scenario
from testbed.scenario.api.scale import in_a_ring, next_batch

BATCH = 30  # pods between two looks at the memory
PROVED = 3  # pairs whose path is proved


@scenario(claims=["C1", "C2"], long=True)
def scale_pods(testbed: Testbed, check: Check, pods: int = 150, limit: int = 4096) -> None:
    """Up to 150 pods, as far as they fit into 4 GB, and each reaches one of another node."""
    nodes = [node.name for node in testbed.nodes()]
    before, agents = memory(testbed), testbed.usage.agents()
    begun, made = monotonic(), list[Pod]()
    used = 0.0
    while more := next_batch(len(made), pods, used, limit, BATCH):
        made += [testbed.pod(nodes[(len(made) + k) % len(nodes)]) for k in range(more)]
        used = memory(testbed) - before
    took = monotonic() - begun
    addresses = {str(testbed.address(pod, family)) for pod in made for family in (4, 6)}
    check.that(len(made), "pods").is_at_least(min(pods, BATCH))
    check.that(len(addresses), "addresses of their own").equals(2 * len(made))
    pairs = [(a, b) for a, b in in_a_ring(made) if a.node != b.node]
    for family in (4, 6):
        silent = [a.name for a, b in pairs if not testbed.pods.round_trips(a, b, family, 1)]
        check.that(silent, f"pods that reach none of another node over IPv{family}").is_empty()
        for source, destination in pairs[:: max(1, len(pairs) // PROVED)]:
            testbed.path(source, destination, family).is_best_effort()
    check.figure("pods", len(made))
    check.figure("a pod is there after (s, mean)", round(took / len(made), 3))
    check.figure("memory that all pods take (MiB)", round(used), limit)
    check.figure("memory per pod (MiB)", round(used / len(made), 2))
    check.figure("an agent's memory before (MiB)", agents.memory)
    check.figure("an agent's memory (MiB)", testbed.usage.agents().memory)


def memory(testbed: Testbed) -> float:
    """MiB of the lab's programs, and of the kernel, which has the pods' networks."""
    return testbed.usage.programs() + testbed.usage.kernel()
